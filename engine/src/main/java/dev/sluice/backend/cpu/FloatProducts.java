package dev.sluice.backend.cpu;

import dev.sluice.backend.cpu.asm.PanelCode;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.system.MachineCode;
import dev.sluice.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Products of F32, F16 and BF16 matrices in machine code: a tile is a panel whose columns are rows of the matrix. Sums are
 * closed after some columns and added to what y holds, in one order for any number of tokens. One worker owns it.
 */
final class FloatProducts {
    /** Columns whose products are summed before they join the rest: the error grows with the longer of the two chains. */
    private static final int PART = 64;

    /** Tiles that are computed at once: four sums of one token hide the latency of an addition. */
    private static final int MOST_TILES = 4;

    /** The next tiles are fetched while these are computed; both stay in the second-level cache. */
    private static final long AT_ONCE = 256 << 10;

    private static final long TILE_FLOATS = (long) RowTiles.ROWS * Float.BYTES;

    private final FloatCode code;
    private final MemorySegment arguments;
    /** Products with the last tile, if some of its rows are beyond the matrix. */
    private final MemorySegment partial;

    /**
     * Makes one.
     *
     * @param arena lives as long as this
     */
    FloatProducts(FloatCode code, Arena arena) {
        this.code = code;
        arguments = arena.allocate(PanelCode.ARGUMENTS, 64);
        partial = arena.allocate(code.mostRows() * TILE_FLOATS, 64);
    }

    /** How a matrix's tiles lie, or null if they are no panels. */
    static PanelCode.@Nullable Format format(DType type) {
        return switch (type) {
            case F32 -> PanelCode.Format.F32;
            case F16 -> PanelCode.Format.F16;
            case BF16 -> PanelCode.Format.BF16;
            default -> null;
        };
    }

    /** As {@link Kernels#linear}. */
    void multiply(
            PanelCode.Format format,
            Matrix w,
            float @Nullable [] bias,
            Rows x,
            @Nullable Rows plus,
            Rows y,
            int tokens,
            int firstTile,
            int lastTile) {
        start(bias, plus, y, tokens, firstTile * RowTiles.ROWS, Math.min(w.rows(), lastTile * RowTiles.ROWS));
        long tileBytes = RowTiles.tileBytes(w.type(), w.cols());
        int atOnce = Math.clamp(AT_ONCE / tileBytes, 1, MOST_TILES);
        int whole = Math.min(lastTile, w.rows() / RowTiles.ROWS);
        set(PanelCode.X_STRIDE, (long) Float.BYTES * x.width);
        set(PanelCode.GROUP_STRIDE, tileBytes);
        set(PanelCode.DEPTH_STRIDE, (long) RowTiles.ROWS * format.bytes());
        set(PanelCode.ACCUMULATE, 1);
        set(PanelCode.FACTORS, 0);
        set(PanelCode.Y_STRIDE, (long) Float.BYTES * y.width);
        for (int tile = firstTile; tile < whole; tile += atOnce) {
            int tiles = Math.min(atOnce, whole - tile);
            long at = w.data().address() + tile * tileBytes;
            for (int c = 0; c < w.cols(); c += PART) {
                for (int t = 0; t < tokens; t += code.mostRows()) {
                    int rows = Math.min(code.mostRows(), tokens - t);
                    set(PanelCode.Y, y.offset(t) + tile * TILE_FLOATS);
                    call(format, x, t, rows, y.segment(), at, tiles, c, w.cols(), tileBytes);
                }
            }
        }
        if (whole < lastTile) {
            partial(format, w, x, y, tokens, whole, tileBytes);
        }
    }

    /** What the sums are added to. */
    private static void start(
            float @Nullable [] bias, @Nullable Rows plus, Rows y, int tokens, int firstRow, int lastRow) {
        int count = Math.max(0, lastRow - firstRow);
        for (int t = 0; t < tokens; t++) {
            int at = y.at(t) + firstRow;
            if (plus != null) {
                System.arraycopy(plus.data(), plus.at(t) + firstRow, y.data(), at, count);
                for (int i = 0; bias != null && i < count; i++) {
                    y.data()[at + i] += bias[firstRow + i];
                }
            } else if (bias != null) {
                System.arraycopy(bias, firstRow, y.data(), at, count);
            } else {
                Arrays.fill(y.data(), at, at + count, 0);
            }
        }
    }

    private void partial(PanelCode.Format format, Matrix w, Rows x, Rows y, int tokens, int tile, long tileBytes) {
        int firstRow = tile * RowTiles.ROWS;
        int count = w.rows() - firstRow;
        long at = w.data().address() + tile * tileBytes;
        set(PanelCode.Y_STRIDE, TILE_FLOATS);
        for (int t = 0; t < tokens; t += code.mostRows()) {
            int rows = Math.min(code.mostRows(), tokens - t);
            for (int r = 0; r < rows; r++) {
                MemorySegment.copy(
                        y.data(), y.at(t + r) + firstRow, partial, ValueLayout.JAVA_FLOAT, r * TILE_FLOATS, count);
            }
            for (int c = 0; c < w.cols(); c += PART) {
                set(PanelCode.Y, partial.address());
                call(format, x, t, rows, MemorySegment.NULL, at, 1, c, w.cols(), tileBytes);
            }
            for (int r = 0; r < rows; r++) {
                MemorySegment.copy(
                        partial, ValueLayout.JAVA_FLOAT, r * TILE_FLOATS, y.data(), y.at(t + r) + firstRow, count);
            }
        }
    }

    private void call(
            PanelCode.Format format,
            Rows x,
            int token,
            int rows,
            MemorySegment y,
            long at,
            int tiles,
            int column,
            int columns,
            long tileBytes) {
        long columnBytes = (long) RowTiles.ROWS * format.bytes();
        set(PanelCode.X, x.offset(token) + (long) Float.BYTES * column);
        set(PanelCode.PANEL, at + column * columnBytes);
        set(PanelCode.GROUPS, tiles);
        set(PanelCode.DEPTH, Math.min(PART, columns - column));
        set(PanelCode.AHEAD, at + tiles * (tileBytes + column * columnBytes));
        MachineCode.call(code.panel(format)[rows - 1], arguments.address(), x.segment(), y, MemorySegment.NULL);
    }

    private void set(int at, long value) {
        arguments.set(ValueLayout.JAVA_LONG, at, value);
    }
}
