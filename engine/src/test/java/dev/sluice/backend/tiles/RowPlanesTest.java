package dev.sluice.backend.tiles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.error.SluiceException;
import dev.sluice.tensor.BlockCodec;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RowPlanesTest {
    private static final String COMPUTED = "F32|F16|BF16|Q8_0|Q[45]_[01]|Q[456]_K";

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ANY, names = COMPUTED)
    void everyWeightKeepsItsValue(DType type) {
        for (int rows : new int[] {1, 15, 16, 17, 37}) {
            int cols = type.blockSize() == 1 ? 35 : 3 * type.blockSize();
            Tensor tensor = TestBlocks.random(type, cols, rows, 7L * rows);
            MemorySegment tiles = MemorySegment.ofArray(new byte[(int) WeightLayout.PLANES.bytes(type, cols, rows)]);
            tiles.fill((byte) 0x55);
            RowPlanes.pack(tensor, tiles, 0, RowTiles.tiles(rows));
            float[] expected = BlockCodec.floats(tensor);
            PlaneReader reader = new PlaneReader(type, tiles, cols);
            for (int r = 0; r < RowTiles.tiles(rows) * 16; r++) {
                for (int c = 0; c < cols; c++) {
                    float want = r < rows ? expected[r * cols + c] : 0;
                    float got = reader.weight(r, c) + 0f; // no negative zero
                    assertEquals(want + 0f, got, type + " row " + r + " column " + c);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ANY, names = COMPUTED)
    void rangesOfTilesMakeUpTheWhole(DType type) {
        int cols = 2 * type.blockSize();
        Tensor tensor = TestBlocks.random(type, cols, 75, 3);
        long tileBytes = RowPlanes.tileBytes(type, cols);
        assertEquals(0, tileBytes % 16);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment whole = arena.allocate(5 * tileBytes, 64);
            MemorySegment parts = arena.allocate(whole.byteSize(), 64);
            RowPlanes.pack(tensor, whole, 0, 5);
            RowPlanes.pack(tensor, parts.asSlice(2 * tileBytes), 2, 5);
            RowPlanes.pack(tensor, parts, 0, 2);
            assertEquals(-1, whole.mismatch(parts));
        }
    }

    @Test
    void whatCannotBePackedIsRefused() {
        Tensor tensor = TestBlocks.random(DType.F32, 4, 20, 1);
        MemorySegment one = MemorySegment.ofArray(new byte[256]);
        assertThrows(IndexOutOfBoundsException.class, () -> RowPlanes.pack(tensor, one, 1, 3));
        assertThrows(IndexOutOfBoundsException.class, () -> RowPlanes.pack(tensor, one, 0, 2));
        assertThrows(SluiceException.class, () -> RowPlanes.tileBytes(DType.IQ2_S, 256));
        assertThrows(IllegalArgumentException.class, () -> RowPlanes.tileBytes(DType.Q4_0, 48));
    }
}
