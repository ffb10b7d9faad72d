package dev.sluice.backend.tiles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

class RowTilesTest {
    private static final String COMPUTED = "F32|F16|BF16|Q8_0|Q[45]_[01]|Q[456]_K";

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ANY, names = COMPUTED)
    void everyWeightKeepsItsValue(DType type) {
        for (int rows : new int[] {1, 15, 16, 17, 37}) {
            int cols = 3 * type.blockSize();
            Tensor tensor = TestBlocks.random(type, cols, rows, 7L * rows);
            MemorySegment tiles = MemorySegment.ofArray(new byte[(int) RowTiles.bytes(type, cols, rows)]);
            tiles.fill((byte) 0x55);
            RowTiles.pack(tensor, tiles, 0, RowTiles.tiles(rows));
            float[] expected = BlockCodec.floats(tensor);
            TileReader reader = new TileReader(type, tiles);
            for (int r = 0; r < RowTiles.tiles(rows) * 16; r++) {
                for (int c = 0; c < cols; c++) {
                    float want = r < rows ? expected[r * cols + c] : 0;
                    float got = reader.weight(r, c, cols) + 0f; // no negative zero
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
        long tileBytes = RowTiles.tileBytes(type, cols);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment whole = arena.allocate(RowTiles.bytes(type, cols, 75), 64);
            MemorySegment parts = arena.allocate(whole.byteSize(), 64);
            RowTiles.pack(tensor, whole, 0, 5);
            RowTiles.pack(tensor, parts.asSlice(2 * tileBytes), 2, 5);
            RowTiles.pack(tensor, parts, 0, 2);
            assertEquals(-1, whole.mismatch(parts));
        }
    }

    @Test
    void formatsThatAreNotComputedAreRefusedByName() {
        assertTrue(RowTiles.supports(DType.Q4_K));
        assertFalse(RowTiles.supports(DType.IQ2_S));
        SluiceException refusal = assertThrows(SluiceException.class, () -> RowTiles.bytes(DType.IQ2_S, 256, 16));
        assertTrue(String.valueOf(refusal.getMessage()).contains("IQ2_S"));
    }

    @Test
    void columnsThatCutABlockAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> RowTiles.bytes(DType.Q4_0, 48, 16));
        assertThrows(IllegalArgumentException.class, () -> RowTiles.bytes(DType.Q4_K, 0, 16));
    }

    @Test
    void tilesBeyondTheMatrixOrTheTargetAreRefused() {
        Tensor tensor = TestBlocks.random(DType.F32, 4, 20, 1);
        MemorySegment one = MemorySegment.ofArray(new byte[256]);
        assertThrows(IndexOutOfBoundsException.class, () -> RowTiles.pack(tensor, one, 1, 3));
        assertThrows(IndexOutOfBoundsException.class, () -> RowTiles.pack(tensor, one, 0, 2));
        RowTiles.pack(tensor, one, 1, 2);
        assertEquals(
                BlockCodec.floats(tensor)[16 * 4],
                one.getAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED, 0));
    }
}
