package dev.sluice.plan;

import dev.sluice.backend.Device;
import dev.sluice.backend.KvType;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Graph;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** Shares a model's layers out among open devices by their measured speed and the memory that they have. */
public final class Shares {
    private Shares() {}

    /**
     * The best split of a model over devices, in their order.
     *
     * @param limit bytes that may be used on a device
     * @throws SluiceException with the numbers if the model does not fit on all of them together
     */
    public static LayerSplit of(
            String model,
            Graph graph,
            List<Device> devices,
            int context,
            KvType type,
            int batchTokens,
            ToLongFunction<Device> limit) {
        List<LayerSplit.Share> shares = new ArrayList<>();
        // Of two micro-batches, with those that arrive from the device before.
        long activations = 4L * Float.BYTES * batchTokens * graph.embedding() + (long) Float.BYTES * graph.vocabulary();
        for (Device device : devices) {
            long workspace = device.workspaceBytes(graph.layers(), context);
            List<Long> bytes = new ArrayList<>();
            for (Layer layer : graph.layers()) {
                bytes.add(device.residentBytes(layer) + kvBytes(layer, context, type));
            }
            shares.add(new LayerSplit.Share(
                    LayerTimer.seconds(graph, device, type),
                    bytes,
                    limit.applyAsLong(device) - activations - workspace));
        }
        LayerSplit split = LayerSplit.best(shares);
        int layers = graph.layers().size();
        if (split.layers() < layers) {
            throw new SluiceException(refusal(model, devices, shares, split, layers));
        }
        return split;
    }

    private static long kvBytes(Layer layer, int context, KvType type) {
        Op.Attention op = layer.attention().orElse(null);
        return op == null ? 0 : type.bytesPerToken(op) * context;
    }

    private static String refusal(
            String model, List<Device> devices, List<LayerSplit.Share> shares, LayerSplit split, int layers) {
        StringBuilder text = new StringBuilder(model + " does not fit on these devices together: ");
        for (int i = 0; i < devices.size(); i++) {
            text.append(String.format(
                    Locale.ROOT,
                    "%s has %.1f MiB for %d of %d layers, ",
                    devices.get(i).info().id(),
                    Math.max(0, shares.get(i).room()) / (1024.0 * 1024.0),
                    split.counts().get(i),
                    layers));
        }
        return text.toString() + (layers - split.layers())
                + " are left. Name another device, use a smaller --ctx or weight format, or raise --memory; once the"
                + " devices are measured ('sluice plan --measure'), what does not fit is streamed.";
    }
}
