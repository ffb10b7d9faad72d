package dev.sluice.backend.opencl;

import dev.sluice.graph.Layer;
import dev.sluice.graph.Node;
import dev.sluice.graph.Op;
import java.util.List;

/** What {@link Scratch} and {@link RotationTable} come to take for some layers, counted before anything is compiled. */
final class Workspace {
    /** Words of the meeting, read-backs of choices and what else is small. */
    private static final long SMALL = 64 << 10;

    private Workspace() {}

    /** No less than what will be taken; what shares slots or is absorbed by its neighbours makes it less. */
    static long mostBytes(List<Layer> layers, int batchTokens, int context) {
        long block = 0;
        long head = 0;
        long widest = 0;
        long partials = 0;
        long rotations = 0;
        for (Layer layer : layers) {
            long floats = layer.outputWidth();
            for (Node node : layer.nodes()) {
                Op op = node.op();
                // The head's logits are the caller's.
                floats += layer.kind() == Layer.Kind.HEAD
                                && op == layer.nodes().getLast().op()
                        ? 0
                        : op.width();
                switch (op) {
                    case Op.GatedFfn f -> {
                        floats += 2L * f.hidden();
                        widest = Math.max(
                                widest, Math.max(f.hidden(), f.gate().shape().cols()));
                    }
                    case Op.Linear l ->
                        widest = Math.max(widest, l.weight().shape().cols());
                    case Op.Attention a -> {
                        floats += a.width();
                        long valueDim = (a.headDim() + 15L) / 16 * 16;
                        partials = Math.max(partials, a.heads() * (valueDim + 2) * AttentionMerge.MOST_SPLITS);
                    }
                    case Op.Rope r ->
                        rotations = Math.max(rotations, r.rotation().pairs());
                    case Op.Embed e -> {}
                    case Op.RmsNorm n -> {}
                    case Op.Add a -> {}
                    case Op.ArgMax a -> {}
                }
            }
            switch (layer.kind()) {
                case BLOCK -> block = Math.max(block, floats);
                case HEAD -> head = (long) layer.inputWidth() + floats - layer.outputWidth();
                case EMBEDDING, ARGMAX -> {}
            }
        }
        long slots = Float.BYTES * (block + head) * batchTokens;
        long panels = Float.BYTES * (batchTokens + DeviceTuning.MOST_TOKENS - 1L) * widest;
        long rounded = batchTokens * (widest + widest / 32 * 4 * Float.BYTES);
        // A table grows by doubling, the old one beside the new; models have two rotations at most.
        long table =
                2 * 2 * 2L * Float.BYTES * rotations * 2 * Math.max(512, Integer.highestOneBit(Math.max(1, context)));
        return slots + panels + rounded + Float.BYTES * partials + table + SMALL;
    }
}
