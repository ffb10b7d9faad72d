package dev.sluice.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Expands the bytes and scales of a {@link dev.sluice.backend.KvType#Q8_0} cache into panels of floats. */
final class ByteTiles {
    private ByteTiles() {}

    /** {@code depth} runs of 16 bytes, each byte times the scale of its place. */
    static void expandKeys(
            MemorySegment q,
            long at,
            int depth,
            MemorySegment scales,
            long scalesAt,
            MemorySegment panel,
            long panelAt) {
        for (int lane = 0; lane < KvCache.TILE; lane += Lanes.COUNT) {
            FloatVector scale = FloatVector.fromMemorySegment(Lanes.FLOATS, scales, scalesAt + 4L * lane, Lanes.ORDER);
            for (int d = 0; d < depth; d++) {
                long from = (long) KvCache.TILE * d + lane;
                floats(q, at + from).mul(scale).intoMemorySegment(panel, panelAt + 4 * from, Lanes.ORDER);
            }
        }
    }

    /** 16 bytes of each of some rows, times the row's scale; rows of bytes are {@code width} apart, of floats likewise. */
    static void expandValues(
            MemorySegment q,
            long at,
            int width,
            int rows,
            MemorySegment scales,
            long scalesAt,
            MemorySegment panel,
            long panelAt) {
        for (int r = 0; r < rows; r++) {
            float scale = scales.get(ValueLayout.JAVA_FLOAT, scalesAt + 4L * r);
            for (int lane = 0; lane < KvCache.TILE; lane += Lanes.COUNT) {
                long from = (long) r * width + lane;
                floats(q, at + from).mul(scale).intoMemorySegment(panel, panelAt + 4 * from, Lanes.ORDER);
            }
        }
    }

    private static FloatVector floats(MemorySegment q, long at) {
        return (FloatVector) ByteVector.fromMemorySegment(Lanes.BYTES, q, at, Lanes.ORDER)
                .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0);
    }
}
