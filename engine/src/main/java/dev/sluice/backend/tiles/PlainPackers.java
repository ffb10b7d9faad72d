package dev.sluice.backend.tiles;

/** Formats without blocks: one number per column, a transposition. */
final class PlainPackers {
    private PlainPackers() {}

    static void f32(int[] rows, int rowBytes, int present, int units, int[] tile) {
        int stride = rowBytes / Integer.BYTES;
        for (int u = 0; u < units; u++) {
            for (int r = 0; r < present; r++) {
                tile[RowPacker.WORD * u + r] = rows[stride * r + u];
            }
        }
    }

    static void f16(int[] rows, int rowBytes, int present, int units, int[] tile) {
        for (int u = 0; u < units; u++) {
            for (int r = 0; r < present; r++) {
                RowPacker.putHalf(tile, RowPacker.HALVES * u, r, RowPacker.half(rows, rowBytes * r + Short.BYTES * u));
            }
        }
    }
}
