package dev.sluice.plan;

import dev.sluice.backend.Device;
import dev.sluice.backend.KvType;
import dev.sluice.graph.Graph;
import dev.sluice.graph.HeadSlices;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Op;
import dev.sluice.tensor.Tensor;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What consecutive layers of a model take of an open device's memory, in its own layout, counted before any of it is
 * allocated.
 *
 * @param graph the model
 * @param context the most tokens of a sequence
 * @param kv number format of the KV cache
 * @param batchTokens the most tokens that go through a layer together
 */
public record DeviceNeeds(Graph graph, int context, KvType kv, int batchTokens) {
    /** Images that files are read into, beyond the slots: on the CPU, whose slots are these images, they are its memory, too. */
    private static final int READ_AHEAD = 2;

    /**
     * Counts the layers {@code from} (inclusive) to {@code to} (exclusive), with the KV cache of one sequence.
     *
     * @param streamed which of them are streamed, the first being 0
     * @param slices of the head that are streamed, if it is not among these
     * @param slots that these come to
     * @param budget bytes that may be taken
     */
    public DeviceBytes of(
            Device device, int from, int to, Set<Integer> streamed, Set<Integer> slices, int slots, long budget) {
        List<Layer> layers = graph.layers().subList(from, to);
        long weights = 0;
        long caches = 0;
        long largest = 0;
        int count = 0;
        Set<Tensor> counted = new HashSet<>();
        for (int i = 0; i < layers.size(); i++) {
            caches += kvBytes(layers.get(i));
            for (HeadSlices.Part part : parts(layers.get(i), streamed.contains(i), slices)) {
                if (part.apart()) {
                    count++;
                    weights += vectorBytes(part.layer());
                    largest = Math.max(largest, device.imageBytes(part.layer()));
                } else {
                    weights += residentBytes(device, part.layer(), counted);
                }
            }
        }
        long activations = microBatches(from, to) * microBatchBytes(from) + Float.BYTES;
        if (to == graph.layers().size()) {
            activations += (long) Float.BYTES * graph.vocabulary();
        }
        return new DeviceBytes(
                device.info().id(),
                weights,
                caches,
                activations,
                largest == 0 ? 0 : (Math.min(slots, count) + readAhead(device)) * largest,
                device.workspaceBytes(layers, context),
                budget);
    }

    /** What is streamed of a layer, and what is resident. */
    private List<HeadSlices.Part> parts(Layer layer, boolean streamed, Set<Integer> slices) {
        boolean head = layer.kind() == Layer.Kind.HEAD;
        if (!head || (slices.isEmpty() && !streamed)) {
            return List.of(new HeadSlices.Part(layer, streamed));
        }
        HeadSlices all = new HeadSlices(graph);
        return all.parts(streamed ? all.all() : slices);
    }

    /** Bytes of what comes to a device for a step. */
    public long imageBytes(Device device, StreamChoice choice) {
        long bytes = 0;
        for (int i = choice.from(); i < choice.to(); i++) {
            for (HeadSlices.Part part :
                    parts(graph.layers().get(i), choice.streamed().contains(i - choice.from()), choice.slices())) {
                bytes += part.apart() ? device.imageBytes(part.layer()) : 0;
            }
        }
        return bytes;
    }

    /** Of how many micro-batches the activations are kept at least: two follow each other from device to device. */
    int microBatches(int from, int to) {
        return from == 0 && to == graph.layers().size() ? 1 : 2;
    }

    /** Bytes of the ids and activations of one micro-batch, with those that arrive from the device before. */
    long microBatchBytes(int from) {
        return (long) Float.BYTES * batchTokens * ((from == 0 ? 1L : 2L) * graph.embedding() + 1);
    }

    private static int readAhead(Device device) {
        return device.info().backend().equals("cpu") ? READ_AHEAD : 0;
    }

    /** Bytes of a layer that is resident, a tied table once. */
    private static long residentBytes(Device device, Layer layer, Set<Tensor> counted) {
        long bytes = device.residentBytes(layer);
        if (bytes > 0) {
            for (Tensor tensor : new HashSet<>(layer.weights())) {
                if (!counted.add(tensor)) {
                    bytes -= Math.min(bytes, tensor.data().byteSize());
                }
            }
        }
        return bytes;
    }

    private static long vectorBytes(Layer layer) {
        return layer.weights().stream()
                .filter(tensor -> tensor.shape().rows() == 1)
                .mapToLong(tensor -> Float.BYTES * tensor.shape().elements())
                .sum();
    }

    private long kvBytes(Layer layer) {
        Op.Attention op = layer.attention().orElse(null);
        return op == null ? 0 : kv.bytesPerToken(op) * context;
    }
}
