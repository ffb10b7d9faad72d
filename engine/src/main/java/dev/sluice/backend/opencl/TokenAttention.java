package dev.sluice.backend.opencl;

import dev.sluice.backend.KvType;
import dev.sluice.graph.Op;

/** One token of one sequence, from the projections to the result of attention, the KV length divided among work-groups. */
sealed interface TokenAttention extends AutoCloseable permits AttentionLanes, AttentionSplit {
    /** Whether there is such a way for an attention on a device. */
    static boolean serves(OpenClDevice device, Op.Attention op, DeviceTuning tuning) {
        return tuning.lanes() == 16 || AttentionSplit.serves(device, op, tuning);
    }

    /** The way that {@link #serves}; {@code y} has contiguous rows. */
    static TokenAttention of(OpenClDevice device, Op.Attention op, TokenHeads heads, Value y, DeviceTuning tuning) {
        return tuning.lanes() == 16
                ? new AttentionLanes(device, op, heads, y, tuning)
                : new AttentionSplit(device, op, heads, y, tuning);
    }

    /** See {@link Stage#shape}. */
    long shape(int position);

    /** Queues the launches for one sequence. */
    void submit(Run run, int part);

    /** Gets ready for KV caches of a format. */
    void prepare(KvType type);

    @Override
    void close();
}
