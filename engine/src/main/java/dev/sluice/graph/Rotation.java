package dev.sluice.graph;

import java.util.Arrays;

/**
 * How rotary position embedding turns the pairs of a head. The angle of pair i at a position is {@code position ·
 * frequency(i)}; sine and cosine are multiplied by {@link #magnitude()}. Scaling methods (linear, YaRN, per-dimension
 * factors) are folded into the frequencies by the model family.
 */
public final class Rotation {
    /** Which two elements form pair i of a head with n rotated pairs. */
    public enum Pairing {
        /** Elements 2i and 2i + 1. */
        INTERLEAVED,
        /** Elements i and i + n ("NeoX"). */
        HALVES
    }

    private final Pairing pairing;
    private final float[] frequencies;
    private final float magnitude;

    public Rotation(Pairing pairing, float[] frequencies, float magnitude) {
        this.pairing = pairing;
        this.frequencies = frequencies.clone();
        this.magnitude = magnitude;
    }

    public Pairing pairing() {
        return pairing;
    }

    /** The number of rotated pairs. */
    public int pairs() {
        return frequencies.length;
    }

    /** Radians per position of pair i. */
    public float frequency(int i) {
        return frequencies[i];
    }

    /** The factor on sine and cosine; 1 without YaRN. */
    public float magnitude() {
        return magnitude;
    }

    /** Whether both turn pair i by the same angle at every position, whichever two elements that pair may be. */
    public boolean turnsLike(Rotation other) {
        return magnitude == other.magnitude && Arrays.equals(frequencies, other.frequencies);
    }
}
