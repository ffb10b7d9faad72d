package dev.sluice.backend.cpu;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the stages of a layer share during one step. */
final class Run {
    private int position;
    private int tokens;
    private @Nullable KvCache cache;

    void begin(int firstPosition, int tokenCount, @Nullable KvCache kvCache) {
        position = firstPosition;
        tokens = tokenCount;
        cache = kvCache;
    }

    /** Position of the step's first token in its sequence. */
    int position() {
        return position;
    }

    /** Rows that the layer computes. */
    int tokens() {
        return tokens;
    }

    KvCache cache() {
        return Objects.requireNonNull(cache);
    }
}
