package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A way of one token through some layers: all that their launches depend on beyond the position. One is filled again and again,
 * so that steps allocate nothing.
 */
final class Passage {
    private @Nullable OpenClCompiledLayer[] layers = new OpenClCompiledLayer[0];
    private @Nullable KvCache[] caches = new KvCache[0];
    private long[] shapes = {};
    private int count;
    private @Nullable Buffer in;
    private @Nullable Buffer between;
    private @Nullable Buffer out;

    /** Begins anew, with the memory at both ends and between the layers. */
    void clear(OpenClMemory from, OpenClMemory via, OpenClMemory to) {
        Arrays.fill(layers, null);
        Arrays.fill(caches, null);
        count = 0;
        in = from.buffer();
        between = via.buffer();
        out = to.buffer();
    }

    /** Goes on through a layer, whose launches have a shape ({@link Stage#shape}). */
    void add(OpenClCompiledLayer layer, KvCache cache, long shape) {
        if (count == layers.length) {
            int more = 2 * count + 16;
            layers = Arrays.copyOf(layers, more);
            caches = Arrays.copyOf(caches, more);
            shapes = Arrays.copyOf(shapes, more);
        }
        layers[count] = layer;
        caches[count] = cache;
        shapes[count] = shape;
        count++;
    }

    boolean goesThrough(Object layer) {
        for (int i = 0; i < count; i++) {
            if (layers[i] == layer) {
                return true;
            }
        }
        return false;
    }

    Passage copy() {
        Passage copy = new Passage();
        copy.layers = Arrays.copyOf(layers, count);
        copy.caches = Arrays.copyOf(caches, count);
        copy.shapes = Arrays.copyOf(shapes, count);
        copy.count = count;
        copy.in = in;
        copy.between = between;
        copy.out = out;
        return copy;
    }

    /** Whether the launches are the same. */
    boolean same(Passage other) {
        return in == other.in
                && between == other.between
                && out == other.out
                && count == other.count
                && Arrays.equals(layers, 0, count, other.layers, 0, count)
                && Arrays.equals(caches, 0, count, other.caches, 0, count)
                && Arrays.equals(shapes, 0, count, other.shapes, 0, count);
    }
}
