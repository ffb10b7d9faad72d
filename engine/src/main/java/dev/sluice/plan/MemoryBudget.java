package dev.sluice.plan;

import dev.sluice.backend.Device;
import dev.sluice.backend.KvType;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Graph;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Op;
import dev.sluice.tensor.Tensor;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * The bytes that a model will take on a device, counted before any of them is allocated.
 *
 * @param weights resident weights
 * @param kv the KV cache of one sequence
 * @param activations activations and logits of one sequence, and the scratch of the kernels
 */
public record MemoryBudget(long weights, long kv, long activations) {
    /** Counts a whole model on one device. */
    public static MemoryBudget of(Graph graph, Device device, int context, KvType kvType, int batchTokens) {
        long weights = 0;
        Set<Tensor> counted = new HashSet<>();
        for (Layer layer : graph.layers()) {
            long bytes = device.residentBytes(layer);
            if (bytes > 0) {
                for (Tensor tensor : layer.weights()) {
                    // A tied table is resident once, though two layers use it.
                    if (!counted.add(tensor)) {
                        bytes -= Math.min(bytes, tensor.data().byteSize());
                    }
                }
            }
            weights += bytes;
        }
        long kv = 0;
        for (Layer layer : graph.layers()) {
            Op.Attention op = layer.attention().orElse(null);
            if (op != null) {
                kv += kvType.bytesPerToken(op) * context;
            }
        }
        long activations = 4L * batchTokens * graph.embedding()
                + 4L * graph.vocabulary()
                + device.workspaceBytes(graph.layers(), context);
        return new MemoryBudget(weights, kv, activations);
    }

    /** All of it. */
    public long total() {
        return weights + kv + activations;
    }

    /**
     * Refuses a model that does not fit.
     *
     * @param limit bytes that may be used
     * @throws SluiceException with the numbers and what would make it fit
     */
    public void requireFits(String model, Device device, long limit, int context) {
        if (total() > limit) {
            throw refusal(model, device, limit, context);
        }
    }

    /** What such a model is refused with. */
    public SluiceException refusal(String model, Device device, long limit, int context) {
        return new SluiceException(model + " does not fit on " + device.info().id() + ": it takes "
                + megabytes(total()) + " (weights " + megabytes(weights) + ", KV cache for " + context + " tokens "
                + megabytes(kv) + ", activations " + megabytes(activations) + "), and " + megabytes(limit)
                + " are free for it. " + remedy(limit, context));
    }

    private String remedy(long limit, int context) {
        long room = limit - weights - activations;
        if (room > 0 && kv > 0) {
            long tokens = room * context / kv;
            if (tokens >= 16) {
                return "It would fit with --ctx " + tokens + ".";
            }
        }
        return "Use a smaller model or weight format, another device, or raise --memory.";
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", bytes / (1024.0 * 1024.0));
    }
}
