package dev.sluice.backend.cpu;

import dev.sluice.graph.Rotation;

/**
 * Sines and cosines of a step's positions. They are the same for every layer that rotates alike, so a step computes them
 * once; the angles are taken in double precision.
 */
final class RotationTable {
    private final Rotation rotation;
    private final float[] cos;
    private final float[] sin;
    private int position = -1;
    private int tokens;

    RotationTable(Rotation rotation, int maxTokens) {
        this.rotation = rotation;
        cos = new float[rotation.pairs() * maxTokens];
        sin = new float[rotation.pairs() * maxTokens];
    }

    /** Whether two rotations turn by the same angles; the pairing is the kernel's business. */
    boolean serves(Rotation other) {
        if (rotation.pairs() != other.pairs() || rotation.magnitude() != other.magnitude()) {
            return false;
        }
        for (int i = 0; i < rotation.pairs(); i++) {
            if (rotation.frequency(i) != other.frequency(i)) {
                return false;
            }
        }
        return true;
    }

    /** Fills the table for the tokens of a step. */
    void prepare(int firstPosition, int count) {
        if (firstPosition == position && count <= tokens) {
            return;
        }
        for (int t = 0; t < count; t++) {
            for (int i = 0; i < rotation.pairs(); i++) {
                double angle = (double) (firstPosition + t) * rotation.frequency(i);
                cos[t * rotation.pairs() + i] = (float) (Math.cos(angle) * rotation.magnitude());
                sin[t * rotation.pairs() + i] = (float) (Math.sin(angle) * rotation.magnitude());
            }
        }
        position = firstPosition;
        tokens = count;
    }

    /** Cosines, [token][pair]. */
    float[] cos() {
        return cos;
    }

    /** Sines, [token][pair]. */
    float[] sin() {
        return sin;
    }
}
