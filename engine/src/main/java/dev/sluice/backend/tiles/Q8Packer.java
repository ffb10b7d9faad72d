package dev.sluice.backend.tiles;

/** Q8_0 (d, 32 × i8): the bytes keep their order. */
final class Q8Packer {
    private static final int BLOCK = 34;
    private static final int UNIT = RowPacker.HALVES + 8 * RowPacker.WORD;

    private Q8Packer() {}

    static void q8v0(int[] rows, int rowBytes, int present, int units, int[] tile) {
        for (int u = 0; u < units; u++) {
            int unit = UNIT * u;
            for (int r = 0; r < present; r++) {
                int block = rowBytes * r + BLOCK * u;
                RowPacker.putHalf(tile, unit, r, RowPacker.half(rows, block));
                RowPacker.words(rows, block + 2, 8, tile, unit + RowPacker.HALVES + r);
            }
        }
    }
}
