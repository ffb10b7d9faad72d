package dev.sluice.plan;

import dev.sluice.backend.Device;
import dev.sluice.backend.KvType;
import dev.sluice.graph.Graph;
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
     * @param slots that these come to
     * @param budget bytes that may be taken
     */
    public DeviceBytes of(Device device, int from, int to, Set<Integer> streamed, int slots, long budget) {
        List<Layer> layers = graph.layers().subList(from, to);
        long weights = 0;
        long caches = 0;
        long largest = 0;
        Set<Tensor> counted = new HashSet<>();
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            caches += kvBytes(layer);
            if (streamed.contains(i)) {
                weights += vectorBytes(layer);
                largest = Math.max(largest, device.imageBytes(layer));
            } else {
                weights += residentBytes(device, layer, counted);
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
                largest == 0 ? 0 : (Math.min(slots, streamed.size()) + readAhead(device)) * largest,
                device.workspaceBytes(layers, context),
                budget);
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
