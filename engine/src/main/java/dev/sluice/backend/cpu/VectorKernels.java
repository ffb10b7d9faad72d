package dev.sluice.backend.cpu;

import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/** The operations in vector code; what takes no time worth mentioning is left to the scalar code. */
final class VectorKernels implements Kernels {
    /** Columns of a panel: two of them, 16 rows each, are 128 KiB and stay in the second-level cache. */
    private static final int PANEL_COLS = 1024;

    /** The most that is read ahead of a tile's products: a part of the second-level cache. */
    private static final long TOUCHED_BYTES = 256 << 10;

    private final ScalarKernels scalar = new ScalarKernels();
    private final String remark;

    /** Kernels whose description ends with a remark: why this is not machine code, or nothing. */
    VectorKernels(String remark) {
        this.remark = remark;
    }

    private final AttentionWork attention = new AttentionWork();

    @Override
    public String description() {
        return "Vector API " + Lanes.bits() + " bit" + remark;
    }

    @Override
    public boolean packs() {
        return true;
    }

    @Override
    public void reserve(Op op, Scratch scratch) {
        scratch.reserveVectors();
        switch (op) {
            case Op.Linear linear ->
                reserve(Math.toIntExact(linear.weight().shape().cols()), scratch);
            case Op.GatedFfn ffn -> {
                reserve(Math.toIntExact(ffn.gate().shape().cols()), scratch);
                reserve(ffn.hidden(), scratch);
            }
            case Op.Attention attention -> VectorAttention.reserve(attention, scratch);
            case Op.Embed embed -> {}
            case Op.RmsNorm norm -> {}
            case Op.Rope rope -> {}
            case Op.Add add -> {}
            case Op.ArgMax argMax -> {}
        }
    }

    private static void reserve(int cols, Scratch scratch) {
        scratch.reserveRow(RowTiles.ROWS);
        scratch.tileProducts().reserve(cols);
        scratch.reserveScales(2 * PANEL_COLS);
        scratch.reservePanel(2L * RowTiles.ROWS * PANEL_COLS);
    }

    @Override
    public void linear(
            Matrix w,
            float @Nullable [] bias,
            Rows x,
            @Nullable Rows plus,
            Rows y,
            int tokens,
            int firstTile,
            int lastTile,
            Scratch scratch) {
        if (tokens == 1) {
            vector(w, x, y, firstTile, lastTile, scratch);
        } else {
            matrix(w, x, y, tokens, firstTile, lastTile, scratch);
        }
        int first = firstTile * RowTiles.ROWS;
        int last = Math.min(w.rows(), lastTile * RowTiles.ROWS);
        for (int t = 0; t < tokens; t++) {
            if (bias != null) {
                addTo(y.data(), y.at(t) + first, bias, first, last - first);
            }
            if (plus != null) {
                addTo(y.data(), y.at(t) + first, plus.data(), plus.at(t) + first, last - first);
            }
        }
    }

    private static void addTo(float[] y, int yAt, float[] x, int xAt, int count) {
        for (int i = 0; i < count; i++) {
            y[yAt + i] += x[xAt + i];
        }
    }

    private static boolean plain(DType type) {
        return type == DType.F32 || type == DType.F16 || type == DType.BF16;
    }

    private static void vector(Matrix w, Rows x, Rows y, int firstTile, int lastTile, Scratch scratch) {
        if (firstTile == lastTile) {
            return;
        }
        if (plain(w.type())) {
            plainVector(w, x, y, firstTile, lastTile, scratch);
            return;
        }
        TileProducts products = scratch.tileProducts();
        products.vector(w.type(), x.data(), x.at(0), w.cols());
        long tileBytes = RowTiles.tileBytes(w.type(), w.cols());
        for (int tile = firstTile; tile < lastTile; tile++) {
            products.multiply(w.data(), tile * tileBytes);
            int row = tile * RowTiles.ROWS;
            System.arraycopy(products.results(), 0, y.data(), y.at(0) + row, Math.min(RowTiles.ROWS, w.rows() - row));
        }
    }

    private static void plainVector(Matrix w, Rows x, Rows y, int firstTile, int lastTile, Scratch scratch) {
        long tileBytes = RowTiles.tileBytes(w.type(), w.cols());
        for (int tile = firstTile; tile < lastTile; tile++) {
            scratch.row()[0] = touch(w.data(), tile * tileBytes, Math.min(tileBytes, TOUCHED_BYTES));
            PlainTiles.product(w.type(), w.data(), tile * tileBytes, w.cols(), x.data(), x.at(0), scratch.row());
            int row = tile * RowTiles.ROWS;
            System.arraycopy(scratch.row(), 0, y.data(), y.at(0) + row, Math.min(RowTiles.ROWS, w.rows() - row));
        }
    }

    /**
     * Reads one number of each cache line. The products' own loads lie too far apart in the instruction stream for the
     * processor to wait for many lines of memory at once, this loop's do not: it makes a product from memory half as fast
     * again (1.5 ×, Zen 4), at a tenth of the time where the weights are in a cache already.
     *
     * @return a number that depends on all that was read, so that the reading is not optimised away
     */
    private static float touch(MemorySegment w, long at, long bytes) {
        int even = 0;
        int odd = 0;
        for (int i = 0; i + 128 <= (int) bytes; i += 128) {
            even ^= w.get(ValueLayout.JAVA_INT, at + i);
            odd ^= w.get(ValueLayout.JAVA_INT, at + i + 64);
        }
        return even ^ odd;
    }

    private static void matrix(Matrix w, Rows x, Rows y, int tokens, int firstTile, int lastTile, Scratch scratch) {
        int cols = w.cols();
        PanelProduct product = scratch.product();
        for (int tile = firstTile; tile < lastTile; tile += 2) {
            int tiles = Math.min(2, lastTile - tile);
            int row = tile * RowTiles.ROWS;
            int rows = Math.min(tiles * RowTiles.ROWS, w.rows() - row);
            for (int c = 0; c < cols; c += PANEL_COLS) {
                int depth = Math.min(PANEL_COLS, cols - c);
                panel(w, tile, tiles, c, depth, scratch);
                product.left(x.data(), x.at(0) + c, x.width);
                product.into(y.data(), y.at(0) + row, y.width, tokens, rows, depth, c > 0);
            }
        }
    }

    /** Sets the panel of one or two tiles' columns {@code c} and following. */
    private static void panel(Matrix w, int tile, int tiles, int c, int depth, Scratch scratch) {
        DType type = w.type();
        long tileBytes = RowTiles.tileBytes(type, w.cols());
        long at = tile * tileBytes + (long) (c / type.blockSize()) * RowTiles.unitBytes(type);
        if (type == DType.F32) {
            scratch.product().panel(w.data(), at, tileBytes, 64);
            return;
        }
        long panelBytes = 64L * depth;
        for (int t = 0; t < tiles; t++) {
            long from = at + t * tileBytes;
            if (plain(type)) {
                PlainTiles.expand(type, w.data(), from, 16L * depth, scratch.panel(), t * panelBytes);
            } else {
                int units = depth / type.blockSize();
                TileScales.expand(type, w.data(), from, units, scratch.scales(), 0);
                TilePanels.expand(type, w.data(), from, units, scratch.scales(), scratch.panel(), t * panelBytes);
            }
        }
        scratch.product().panel(scratch.panel(), 0, panelBytes, 64);
    }

    @Override
    public void rmsNorm(Op.RmsNorm op, Rows gain, Rows x, Rows y, int firstRun, int lastRun, Scratch scratch) {
        for (int r = firstRun; r < lastRun; r++) {
            int at = r * gain.width;
            normRun(x.data(), x.at(0) + at, gain.data(), op.eps(), y.data(), y.at(0) + at);
        }
    }

    private static void normRun(float[] x, int xAt, float[] gain, float eps, float[] y, int yAt) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int n = gain.length;
        int i = 0;
        for (; i + 3 < n; i += 4) {
            s0 += (double) x[xAt + i] * x[xAt + i];
            s1 += (double) x[xAt + i + 1] * x[xAt + i + 1];
            s2 += (double) x[xAt + i + 2] * x[xAt + i + 2];
            s3 += (double) x[xAt + i + 3] * x[xAt + i + 3];
        }
        for (; i < n; i++) {
            s0 += (double) x[xAt + i] * x[xAt + i];
        }
        double sum = (s0 + s1) + (s2 + s3);
        // Rounded where ggml rounds, so that models compared with it differ by the order of sums alone.
        float factor = 1 / (float) Math.sqrt((float) (sum / n) + eps);
        for (int j = 0; j < n; j++) {
            y[yAt + j] = x[xAt + j] * factor * gain[j];
        }
    }

    @Override
    public void rope(Op.Rope op, RotationTable table, Rows x, Rows y, int firstHead, int lastHead, Scratch scratch) {
        scalar.rope(op, table, x, y, firstHead, lastHead, scratch);
    }

    @Override
    public void attention(Op.Attention op, Run run, Rows q, Rows y, Worker worker) {
        attention.run(op, run, q, y, worker, worker.scratch.vectorAttention());
    }

    @Override
    public void activate(
            Activation activation, Rows gate, Rows up, int tokens, int firstColumn, int lastColumn, Scratch scratch) {
        int count = lastColumn - firstColumn;
        for (int t = 0; t < tokens; t++) {
            int gateAt = gate.at(t) + firstColumn;
            int upAt = up.at(t) + firstColumn;
            switch (activation) {
                case SILU -> VectorMath.silu(gate.data(), gateAt, up.data(), upAt, count);
                case GELU_TANH -> GeluTable.apply(gate.data(), gateAt, up.data(), upAt, count);
            }
        }
    }

    @Override
    public void add(Rows a, Rows b, Rows y, int first, int last, Scratch scratch) {
        scalar.add(a, b, y, first, last, scratch);
    }

    @Override
    public int argMax(Rows x, int token, Scratch scratch) {
        return argMax(x.data(), x.at(token), x.width);
    }

    /** Each lane keeps its first largest; of lanes that agree the one with the lowest index wins. */
    private static int argMax(float[] x, int at, int count) {
        int whole = Lanes.FLOATS.loopBound(count);
        FloatVector most = FloatVector.broadcast(Lanes.FLOATS, Float.NEGATIVE_INFINITY);
        IntVector where = IntVector.zero(Lanes.INTS);
        for (int i = 0; i < whole; i += Lanes.COUNT) {
            FloatVector v = FloatVector.fromArray(Lanes.FLOATS, x, at + i);
            VectorMask<Float> more = v.compare(VectorOperators.GT, most);
            most = most.blend(v, more);
            where = where.blend(i, more.cast(Lanes.INTS));
        }
        int best = -1;
        float max = Float.NEGATIVE_INFINITY;
        for (int lane = 0; lane < Lanes.COUNT; lane++) {
            int index = where.lane(lane) + lane;
            if (most.lane(lane) > max || (most.lane(lane) == max && max > Float.NEGATIVE_INFINITY && index < best)) {
                max = most.lane(lane);
                best = index;
            }
        }
        for (int i = whole; i < count; i++) {
            if (x[at + i] > max) {
                max = x[at + i];
                best = i;
            }
        }
        return best < 0 ? ScalarOps.argMax(x, at, count) : best; // nothing above negative infinity
    }
}
