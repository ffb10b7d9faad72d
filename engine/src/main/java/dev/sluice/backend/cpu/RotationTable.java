package dev.sluice.backend.cpu;

import dev.sluice.graph.Rotation;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Sines and cosines of a step's positions. They are the same for every layer that rotates alike, so a step computes them
 * once; the angles are taken in double precision.
 */
final class RotationTable {
    private final Rotation rotation;
    private final float[] angles;
    private final MemorySegment segment;
    /** The position that each row holds. */
    private final int[] positions;

    RotationTable(Rotation rotation, int maxTokens) {
        this.rotation = rotation;
        angles = new float[2 * rotation.pairs() * maxTokens];
        segment = MemorySegment.ofArray(angles);
        positions = new int[maxTokens];
        Arrays.fill(positions, -1);
    }

    boolean serves(Rotation other) {
        return rotation.turnsLike(other);
    }

    /** Fills the table for the rows of a step; those that hold their position already are left alone. */
    void prepare(Run run) {
        for (int row = 0; row < run.tokens(); row++) {
            int position = run.positionOf(row);
            if (positions[row] != position) {
                fill(row, position);
                positions[row] = position;
            }
        }
    }

    /** Computes a row's angles anew. */
    void fill(int row, int position) {
        int pairs = rotation.pairs();
        int at = at(row);
        for (int i = 0; i < pairs; i++) {
            double angle = (double) position * rotation.frequency(i);
            angles[at + i] = (float) (Math.cos(angle) * rotation.magnitude());
            angles[at + pairs + i] = (float) (Math.sin(angle) * rotation.magnitude());
        }
    }

    /** For each row the cosines of all pairs, then their sines. */
    float[] angles() {
        return angles;
    }

    /** The same, for machine code. */
    MemorySegment segment() {
        return segment;
    }

    /** Index of a row's first cosine. */
    int at(int row) {
        return 2 * rotation.pairs() * row;
    }
}
