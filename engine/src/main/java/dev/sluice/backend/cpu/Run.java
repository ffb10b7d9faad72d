package dev.sluice.backend.cpu;

import dev.sluice.backend.Step;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What the stages of a layer share during one step: the rows to compute, part by part. A part is what one sequence brings:
 * tokens at adjoining positions, which see that sequence's KV cache and no other.
 */
final class Run {
    private static final AtomicLong NUMBERS = new AtomicLong();

    private final AtomicInteger taken = new AtomicInteger();
    private final int[] firstRows;
    private final int[] positions;
    private final @Nullable KvCache[] caches;
    private final int[] partOfRow;

    private long number;
    private int parts;
    private int tokens;

    Run(int mostTokens) {
        firstRows = new int[mostTokens + 1];
        positions = new int[mostTokens];
        caches = new KvCache[mostTokens];
        partOfRow = new int[mostTokens];
    }

    /**
     * Begins a step.
     *
     * @param outputsOnly whether only the last rows of each part are computed, those that logits are wanted for
     */
    void begin(Step step, boolean outputsOnly) {
        number = NUMBERS.incrementAndGet();
        taken.set(0);
        tokens = 0;
        parts = step.parts();
        for (int p = 0; p < parts; p++) {
            int rows = outputsOnly ? step.outputRows(p) : step.tokens(p);
            firstRows[p] = tokens;
            positions[p] = step.position(p) + step.tokens(p) - rows;
            caches[p] = null;
            for (int r = 0; r < rows; r++) {
                partOfRow[tokens++] = p;
            }
        }
        firstRows[parts] = tokens;
    }

    /** Gives a part its cache. */
    void cache(int part, KvCache cache) {
        caches[part] = cache;
    }

    /** A number that no other step of any layer has. */
    long number() {
        return number;
    }

    /** Numbers from 0 on, each of which one worker gets: the next piece of attention to compute. */
    int take() {
        return taken.getAndIncrement();
    }

    /** Rows that the layer computes, of all parts. */
    int tokens() {
        return tokens;
    }

    int parts() {
        return parts;
    }

    /** The row at which a part begins. */
    int firstRow(int part) {
        return firstRows[part];
    }

    /** Rows of one part. */
    int tokens(int part) {
        return firstRows[part + 1] - firstRows[part];
    }

    /** Position of a part's first row in its sequence. */
    int position(int part) {
        return positions[part];
    }

    KvCache cache(int part) {
        return Objects.requireNonNull(caches[part]);
    }

    /** The part that a row belongs to. */
    int partOf(int row) {
        return partOfRow[row];
    }

    /** Position of a row in its own sequence. */
    int positionOf(int row) {
        int part = partOfRow[row];
        return positions[part] + row - firstRows[part];
    }
}
