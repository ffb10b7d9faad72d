package dev.sluice.backend.opencl;

import dev.sluice.graph.Rotation;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Queue;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Cosines and sines of all positions so far, [position][pair](cosine, sine), computed on the host in double precision:
 * device sines of large angles differ from driver to driver. It doubles when a position lies beyond its end.
 */
final class RotationTable {
    private static final int FIRST_SIZE = 512;

    private final OpenClDevice device;
    private final Rotation rotation;
    private @Nullable Buffer buffer;
    private int positions;

    RotationTable(OpenClDevice device, Rotation rotation) {
        this.device = device;
        this.rotation = rotation;
    }

    boolean serves(Rotation other) {
        return rotation.turnsLike(other);
    }

    /** Entries of a table for at least so many positions, a power of two. */
    static int size(int wanted) {
        return Math.max(FIRST_SIZE, Integer.highestOneBit(Math.max(1, wanted - 1)) * 2);
    }

    /** The table, with entries for at least so many positions. */
    Buffer upTo(int wanted, Queue queue) {
        if (buffer == null || wanted > positions) {
            int size = size(wanted);
            Buffer larger = device.newBuffer(8L * size * rotation.pairs(), "the rotations of " + size + " positions");
            queue.write(larger, 0, MemorySegment.ofArray(entries(size)));
            close();
            buffer = larger;
            positions = size;
        }
        return buffer;
    }

    private float[] entries(int size) {
        int pairs = rotation.pairs();
        float[] entries = new float[Math.multiplyExact(2 * pairs, size)];
        for (int p = 0; p < size; p++) {
            for (int i = 0; i < pairs; i++) {
                double angle = (double) p * rotation.frequency(i);
                entries[2 * (p * pairs + i)] = (float) (Math.cos(angle) * rotation.magnitude());
                entries[2 * (p * pairs + i) + 1] = (float) (Math.sin(angle) * rotation.magnitude());
            }
        }
        return entries;
    }

    void close() {
        if (buffer != null) {
            device.free(buffer);
            buffer = null;
        }
    }
}
