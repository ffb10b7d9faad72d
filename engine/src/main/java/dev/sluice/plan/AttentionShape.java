package dev.sluice.plan;

import dev.sluice.backend.KvType;

/**
 * What attention keeps and computes.
 *
 * @param kvHeads heads of keys, and of values
 * @param headDim floats of a key, or of a value, of one head at one position
 * @param window positions that a token sees at most, 0 for all
 * @param flopsPerPosition operations of one token for each position that it sees
 */
record AttentionShape(int kvHeads, int headDim, int window, double flopsPerPosition) {
    AttentionShape {
        Checks.positive("kv_heads", kvHeads);
        Checks.positive("head_dim", headDim);
        Checks.notNegative("window", window);
        Checks.positive("flops_per_position", flopsPerPosition);
    }

    /** Bytes that one token adds to the cache. */
    long bytesPerToken(KvType kv) {
        return 2L * kvHeads * kv.bytes(headDim);
    }

    /** Positions that the last token of a context sees. */
    double seen(double context) {
        return window > 0 ? Math.min(window, context) : context;
    }
}
