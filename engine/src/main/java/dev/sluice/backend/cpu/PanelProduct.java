package dev.sluice.backend.cpu;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The matrix product that weights, scores and values of attention share: {@code y[r][c] = Σ x[r][k] · panel[k][c]}.
 * Columns lie in groups of 16 floats; a worker keeps one of these and sets its fields, so that a product allocates
 * nothing.
 *
 * <p>The kernel is an outer product: six rows of x times two vectors of columns, in twelve accumulators. Where fewer than
 * six rows are left, the last is computed several times over, which is cheaper to keep fast than six kernels.
 */
final class PanelProduct {
    private static final int PAIR = 2 * Lanes.COUNT;
    private static final int ROWS = 6;
    /** Products added before their sum joins the total. */
    static final int PART = 48;

    private MemorySegment panel = MemorySegment.NULL;
    private long panelAt;
    private long groupStride;
    private long depthStride;
    private float[] x = new float[0];
    private int xAt;
    private int xStride;
    private final float[] block = new float[ROWS * PAIR];

    /**
     * Sets the panel.
     *
     * @param at byte offset of its first float
     * @param betweenGroups bytes from one group of 16 columns to the next
     * @param betweenDepths bytes from one k to the next
     */
    PanelProduct panel(MemorySegment memory, long at, long betweenGroups, long betweenDepths) {
        panel = memory;
        panelAt = at;
        groupStride = betweenGroups;
        depthStride = betweenDepths;
        return this;
    }

    /** Sets the left factor: row r begins at {@code at + r · stride}. */
    PanelProduct left(float[] array, int at, int stride) {
        x = array;
        xAt = at;
        xStride = stride;
        return this;
    }

    /**
     * Computes, or with {@code accumulate} adds, the product.
     *
     * @param y row r begins at {@code yAt + r · yStride}
     * @param columns columns wanted; the panel's last group of 16 is complete
     */
    void into(float[] y, int yAt, int yStride, int rows, int columns, int depth, boolean accumulate) {
        int padded = Math.ceilDiv(columns, 16) * 16;
        for (int c = 0; c < columns; c += PAIR) {
            long low = address(c);
            long high = c + Lanes.COUNT < padded ? address(c + Lanes.COUNT) : low;
            int width = Math.min(PAIR, columns - c);
            for (int r = 0; r < rows; r += ROWS) {
                kernel(low, high, depth, r, rows - 1);
                deposit(y, yAt + r * yStride + c, yStride, Math.min(ROWS, rows - r), width, accumulate);
            }
        }
    }

    private long address(int column) {
        return panelAt + column / 16 * groupStride + 4L * (column % 16);
    }

    private void deposit(float[] y, int yAt, int yStride, int rows, int width, boolean accumulate) {
        for (int r = 0; r < rows; r++) {
            int to = yAt + r * yStride;
            if (accumulate) {
                for (int c = 0; c < width; c++) {
                    y[to + c] += block[r * PAIR + c];
                }
            } else {
                System.arraycopy(block, r * PAIR, y, to, width);
            }
        }
    }

    private void kernel(long low, long high, int depth, int r, int last) {
        float[] x = this.x;
        MemorySegment panel = this.panel;
        long stride = depthStride;
        int x0 = xAt + r * xStride;
        int x1 = xAt + Math.min(r + 1, last) * xStride;
        int x2 = xAt + Math.min(r + 2, last) * xStride;
        int x3 = xAt + Math.min(r + 3, last) * xStride;
        int x4 = xAt + Math.min(r + 4, last) * xStride;
        int x5 = xAt + Math.min(r + 5, last) * xStride;
        FloatVector t0 = FloatVector.zero(Lanes.FLOATS);
        FloatVector t1 = t0;
        FloatVector t2 = t0;
        FloatVector t3 = t0;
        FloatVector t4 = t0;
        FloatVector t5 = t0;
        FloatVector t6 = t0;
        FloatVector t7 = t0;
        FloatVector t8 = t0;
        FloatVector t9 = t0;
        FloatVector t10 = t0;
        FloatVector t11 = t0;
        // A sum of partial sums loses fewer digits than one long sum.
        for (int from = 0; from < depth; from += PART) {
            int to = Math.min(depth, from + PART);
            FloatVector a0 = FloatVector.zero(Lanes.FLOATS);
            FloatVector a1 = a0;
            FloatVector a2 = a0;
            FloatVector a3 = a0;
            FloatVector a4 = a0;
            FloatVector a5 = a0;
            FloatVector b0 = a0;
            FloatVector b1 = a0;
            FloatVector b2 = a0;
            FloatVector b3 = a0;
            FloatVector b4 = a0;
            FloatVector b5 = a0;
            for (int k = from; k < to; k++) {
                FloatVector u = FloatVector.fromMemorySegment(Lanes.FLOATS, panel, low + k * stride, Lanes.ORDER);
                FloatVector v = FloatVector.fromMemorySegment(Lanes.FLOATS, panel, high + k * stride, Lanes.ORDER);
                FloatVector s0 = FloatVector.broadcast(Lanes.FLOATS, x[x0 + k]);
                a0 = u.fma(s0, a0);
                b0 = v.fma(s0, b0);
                FloatVector s1 = FloatVector.broadcast(Lanes.FLOATS, x[x1 + k]);
                a1 = u.fma(s1, a1);
                b1 = v.fma(s1, b1);
                FloatVector s2 = FloatVector.broadcast(Lanes.FLOATS, x[x2 + k]);
                a2 = u.fma(s2, a2);
                b2 = v.fma(s2, b2);
                FloatVector s3 = FloatVector.broadcast(Lanes.FLOATS, x[x3 + k]);
                a3 = u.fma(s3, a3);
                b3 = v.fma(s3, b3);
                FloatVector s4 = FloatVector.broadcast(Lanes.FLOATS, x[x4 + k]);
                a4 = u.fma(s4, a4);
                b4 = v.fma(s4, b4);
                FloatVector s5 = FloatVector.broadcast(Lanes.FLOATS, x[x5 + k]);
                a5 = u.fma(s5, a5);
                b5 = v.fma(s5, b5);
            }
            t0 = t0.add(a0);
            t1 = t1.add(a1);
            t2 = t2.add(a2);
            t3 = t3.add(a3);
            t4 = t4.add(a4);
            t5 = t5.add(a5);
            t6 = t6.add(b0);
            t7 = t7.add(b1);
            t8 = t8.add(b2);
            t9 = t9.add(b3);
            t10 = t10.add(b4);
            t11 = t11.add(b5);
        }
        float[] block = this.block;
        t0.intoArray(block, 0);
        t6.intoArray(block, Lanes.COUNT);
        t1.intoArray(block, PAIR);
        t7.intoArray(block, PAIR + Lanes.COUNT);
        t2.intoArray(block, 2 * PAIR);
        t8.intoArray(block, 2 * PAIR + Lanes.COUNT);
        t3.intoArray(block, 3 * PAIR);
        t9.intoArray(block, 3 * PAIR + Lanes.COUNT);
        t4.intoArray(block, 4 * PAIR);
        t10.intoArray(block, 4 * PAIR + Lanes.COUNT);
        t5.intoArray(block, 5 * PAIR);
        t11.intoArray(block, 5 * PAIR + Lanes.COUNT);
    }
}
