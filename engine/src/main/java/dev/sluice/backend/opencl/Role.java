package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;

/** What a buffer is to a layer that one token goes through: some are others in each step, some are others in each layer. */
sealed interface Role {
    /** The layer's two ends, and its KV cache. */
    enum Own implements Role {
        INPUT,
        OUTPUT,
        KEYS,
        VALUES
    }

    /** Scratch memory, which grows when wider layers are compiled. */
    record Slot(int number) implements Role {}

    /** The panels of products with many tokens, which grow likewise. */
    record Panels() implements Role {}

    /** What lies between the launches of attention with one token, which grows likewise. */
    record Partials() implements Role {}

    /** A table that grows with the position. */
    record Rotations(RotationTable table) implements Role {}

    /** A buffer that stays, such as a weight. */
    record Fixed(Buffer buffer) implements Role {}
}
