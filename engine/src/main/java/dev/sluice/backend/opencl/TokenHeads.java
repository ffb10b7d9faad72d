package dev.sluice.backend.opencl;

import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.opencl.Buffer;
import org.jspecify.annotations.Nullable;

/** What the heads of a token go through before they meet in {@link TokenAttention}: {@link Rope} does the same for many tokens. */
record TokenHeads(
        Rope.Heads q,
        Rope.Heads k,
        Value v,
        float eps,
        @Nullable Rotation rotation,
        @Nullable RotationTable table) {

    /** How long the table of rotations is at a position. */
    int turns(int position) {
        return table == null ? 0 : RotationTable.size(position + 1);
    }

    /**
     * Hands a kernel the arguments that {@code attention_split.cl} and {@code attention_lanes.cl} begin with.
     *
     * @param positionAt where the kernel finds the position; null if it is told
     */
    BoundKernel arguments(BoundKernel kernel, Op.Attention op, Run run, int part, @Nullable Buffer positionAt) {
        KvCache cache = run.cache(part);
        int position = run.step.position(part);
        return kernel.buffer(run.buffer(q.value()))
                .i32(run.at(part, q.value()))
                .i32(op.heads())
                .buffer(q.gain())
                .buffer(run.buffer(k.value()))
                .i32(run.at(part, k.value()))
                .i32(op.kvHeads())
                .buffer(k.gain())
                .f32(eps)
                .buffer(run.buffer(v))
                .i32(run.at(part, v))
                .buffer(table == null ? null : table.upTo(position + 1, run.queue))
                .i32(rotation == null ? 0 : rotation.pairs())
                .i32(Rope.flags(q, k, rotation))
                .buffer(cache.keys())
                .buffer(cache.values())
                .i32(cache.stride())
                .i32(position)
                .buffer(positionAt)
                .i32(op.window())
                .f32(op.scale());
    }
}
