package dev.sluice.backend.cpu;

import dev.sluice.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Tiles of formats without scales, F32, F16 and BF16: [column][16 rows]. Products add in the order of {@link
 * PanelProduct}, so that one token gives the same bits as many.
 */
final class PlainTiles {
    private static final float TWO_112 = 0x1p112f;

    private PlainTiles() {}

    /** Dot products of a tile's 16 rows with x. */
    static void product(DType type, MemorySegment w, long at, int cols, float[] x, int xAt, float[] y) {
        for (int lane = 0; lane < 16; lane += Lanes.COUNT) {
            switch (type) {
                case F32 -> f32(w, at + 4L * lane, cols, x, xAt, lane, y);
                case F16 -> f16(w, at + 2L * lane, cols, x, xAt, lane, y);
                case BF16 -> bf16(w, at + 2L * lane, cols, x, xAt, lane, y);
                default -> throw new IllegalArgumentException(type + " has scales");
            }
        }
    }

    private static void f32(MemorySegment w, long at, int cols, float[] x, int xAt, int lane, float[] y) {
        FloatVector total = FloatVector.zero(Lanes.FLOATS);
        for (int from = 0; from < cols; from += PanelProduct.PART) {
            int to = Math.min(cols, from + PanelProduct.PART);
            FloatVector sum = FloatVector.zero(Lanes.FLOATS);
            for (int c = from; c < to; c++) {
                FloatVector a = FloatVector.fromMemorySegment(Lanes.FLOATS, w, at + 64L * c, Lanes.ORDER);
                sum = a.fma(FloatVector.broadcast(Lanes.FLOATS, x[xAt + c]), sum);
            }
            total = total.add(sum);
        }
        total.intoArray(y, lane);
    }

    private static void f16(MemorySegment w, long at, int cols, float[] x, int xAt, int lane, float[] y) {
        FloatVector total = FloatVector.zero(Lanes.FLOATS);
        for (int from = 0; from < cols; from += PanelProduct.PART) {
            int to = Math.min(cols, from + PanelProduct.PART);
            FloatVector sum = FloatVector.zero(Lanes.FLOATS);
            for (int c = from; c < to; c++) {
                FloatVector a = TileScales.halves(w, at + 32L * c);
                sum = a.fma(FloatVector.broadcast(Lanes.FLOATS, x[xAt + c]), sum);
            }
            total = total.add(sum);
        }
        total.intoArray(y, lane);
    }

    private static void bf16(MemorySegment w, long at, int cols, float[] x, int xAt, int lane, float[] y) {
        FloatVector total = FloatVector.zero(Lanes.FLOATS);
        for (int from = 0; from < cols; from += PanelProduct.PART) {
            int to = Math.min(cols, from + PanelProduct.PART);
            FloatVector sum = FloatVector.zero(Lanes.FLOATS);
            for (int c = from; c < to; c++) {
                IntVector bits = (IntVector) ShortVector.fromMemorySegment(Lanes.SHORTS, w, at + 32L * c, Lanes.ORDER)
                        .convertShape(VectorOperators.ZERO_EXTEND_S2I, Lanes.INTS, 0);
                FloatVector a = bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
                sum = a.fma(FloatVector.broadcast(Lanes.FLOATS, x[xAt + c]), sum);
            }
            total = total.add(sum);
        }
        total.intoArray(y, lane);
    }

    /** Expands 16-bit numbers, {@code count} a multiple of 16, to floats. */
    static void expand(DType type, MemorySegment w, long at, long count, MemorySegment panel, long panelAt) {
        if (type == DType.BF16) {
            for (long i = 0; i < count; i += Lanes.COUNT) {
                IntVector bits = (IntVector) ShortVector.fromMemorySegment(Lanes.SHORTS, w, at + 2 * i, Lanes.ORDER)
                        .convertShape(VectorOperators.ZERO_EXTEND_S2I, Lanes.INTS, 0);
                bits.lanewise(VectorOperators.LSHL, 16)
                        .reinterpretAsFloats()
                        .intoMemorySegment(panel, panelAt + 4 * i, Lanes.ORDER);
            }
        } else {
            halves(w, at, count, panel, panelAt);
        }
    }

    /** Expands halves, {@code count} a multiple of 16, to floats; see {@link TileScales#halves}. */
    static void halves(MemorySegment w, long at, long count, MemorySegment panel, long panelAt) {
        for (long i = 0; i < count; i += Lanes.COUNT) {
            IntVector bits = (IntVector) ShortVector.fromMemorySegment(Lanes.SHORTS, w, at + 2 * i, Lanes.ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_S2I, Lanes.INTS, 0);
            FloatVector magnitude = bits.and(0x7fff)
                    .lanewise(VectorOperators.LSHL, 13)
                    .reinterpretAsFloats()
                    .mul(TWO_112);
            IntVector sign = bits.and(0x8000).lanewise(VectorOperators.LSHL, 16);
            // Infinity and NaN have an exponent of all ones on both sides.
            VectorMask<Integer> special = bits.and(0x7fff).compare(VectorOperators.GE, 0x7c00);
            magnitude
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.OR, 0x7f800000, special)
                    .or(sign)
                    .reinterpretAsFloats()
                    .intoMemorySegment(panel, panelAt + 4 * i, Lanes.ORDER);
        }
    }
}
