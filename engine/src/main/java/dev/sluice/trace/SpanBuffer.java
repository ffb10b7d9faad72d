package dev.sluice.trace;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Room for spans, made once. */
final class SpanBuffer {
    static final int CAPACITY = 1 << 14;

    private final @Nullable Track[] tracks = new Track[CAPACITY];
    private final @Nullable SpanKind[] kinds = new SpanKind[CAPACITY];
    private final @Nullable String[] names = new String[CAPACITY];
    /** Of each span: start, end, first and second number. */
    private final long[] numbers = new long[4 * CAPACITY];

    private int size;

    /** Takes what is in a buffer. */
    interface Reader<E extends Exception> {
        void read(Track track, SpanKind kind, String name, long start, long end, long first, long second) throws E;
    }

    boolean isEmpty() {
        return size == 0;
    }

    boolean full() {
        return size == CAPACITY;
    }

    void add(Track track, SpanKind kind, String name, long start, long end, long first, long second) {
        tracks[size] = track;
        kinds[size] = kind;
        names[size] = name;
        int at = 4 * size;
        numbers[at] = start;
        numbers[at + 1] = end;
        numbers[at + 2] = first;
        numbers[at + 3] = second;
        size++;
    }

    <E extends Exception> void forEach(Reader<E> reader) throws E {
        for (int i = 0; i < size; i++) {
            Track track = tracks[i];
            SpanKind kind = kinds[i];
            String name = names[i];
            if (track != null && kind != null && name != null) {
                int at = 4 * i;
                reader.read(track, kind, name, numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3]);
            }
        }
    }

    /** Takes all spans out, and lets go of their names. */
    void clear() {
        Arrays.fill(tracks, 0, size, null);
        Arrays.fill(names, 0, size, null);
        size = 0;
    }
}
