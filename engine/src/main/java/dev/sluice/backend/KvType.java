package dev.sluice.backend;

import dev.sluice.graph.Op;

/** The number format of a KV cache. */
public enum KvType {
    /** Floats, as they are computed. */
    F32,
    /** Half precision. */
    F16,
    /**
     * Bytes q of a symmetric scale s, x ≈ q · s, where s is the largest magnitude of up to 32 adjoining elements of a head
     * divided by 127, as a float: 36 bytes for 32 elements.
     */
    Q8_0;

    /** Elements that share a scale, where there are scales. */
    public static final int BLOCK = 32;

    /** Bytes of the key, or of the value, of one head at one position. */
    public long bytes(int headDim) {
        return switch (this) {
            case F32 -> 4L * headDim;
            case F16 -> 2L * headDim;
            case Q8_0 -> headDim + 4L * Math.ceilDiv(headDim, BLOCK);
        };
    }

    /** Bytes of keys and values that an attention keeps for one token. */
    public long bytesPerToken(Op.Attention op) {
        return 2L * op.kvHeads() * bytes(op.headDim());
    }
}
