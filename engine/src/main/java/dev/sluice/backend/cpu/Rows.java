package dev.sluice.backend.cpu;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A [tokens, width] value: rows of floats within an array. Bound anew for each step, so that a step allocates nothing. */
final class Rows {
    final int width;
    private final int column;
    private float[] data = new float[0];
    private MemorySegment segment = MemorySegment.ofArray(data);
    private int start;
    private @Nullable Rounded rounded;

    Rows(int width) {
        this(width, 0);
    }

    /** {@code column}: where in each row those begin that are meant. */
    Rows(int width, int column) {
        this.width = width;
        this.column = column;
    }

    /** One row of values that stay. */
    static Rows of(float[] values) {
        Rows row = new Rows(values.length);
        row.bind(values, 0);
        return row;
    }

    void bind(float[] array, int offset) {
        bind(array, data == array ? segment : MemorySegment.ofArray(array), offset);
    }

    /** {@code whole}: the array as a segment, for arrays that take turns. */
    void bind(float[] array, MemorySegment whole, int offset) {
        data = array;
        segment = whole;
        start = offset + column;
    }

    float[] data() {
        return data;
    }

    /** The whole array, for machine code. */
    MemorySegment segment() {
        return segment;
    }

    /** Index of the first float of a token's row. */
    int at(int token) {
        return start + token * width;
    }

    /** Where the first float of a token's row is in the segment, in bytes. */
    long offset(int token) {
        return (long) Float.BYTES * at(token);
    }

    /** The same value rounded to bytes, if products read it so and a stage computes it. */
    @Nullable
    Rounded rounded() {
        return rounded;
    }

    void round(Rounded bytes) {
        rounded = bytes;
    }
}
