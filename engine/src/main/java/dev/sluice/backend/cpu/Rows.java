package dev.sluice.backend.cpu;

/** A [tokens, width] value: rows of floats within an array. Bound anew for each step, so that a step allocates nothing. */
final class Rows {
    final int width;
    private float[] data = new float[0];
    private int start;

    Rows(int width) {
        this.width = width;
    }

    void bind(float[] array, int offset) {
        data = array;
        start = offset;
    }

    float[] data() {
        return data;
    }

    /** Index of the first float of a token's row. */
    int at(int token) {
        return start + token * width;
    }
}
