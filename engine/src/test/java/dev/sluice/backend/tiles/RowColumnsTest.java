package dev.sluice.backend.tiles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.error.SluiceException;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Row columns are row planes whose pieces change places, as docs/weight-layout.md has it; those are tested by themselves. */
class RowColumnsTest {
    private static final String COMPUTED = "F32|F16|BF16|Q8_0|Q[45]_[01]|Q[456]_K";

    /** A plane: so many bytes for so many columns of a row. */
    private record Plane(int bytes, int columns) {}

    private static List<Plane> planes(DType type) {
        Plane four = new Plane(16, 32);
        return switch (type) {
            case F32 -> List.of(new Plane(16, 4));
            case F16, BF16 -> List.of(new Plane(16, 8));
            case Q8_0 -> List.of(new Plane(16, 16), new Plane(2, 32));
            case Q4_0 -> List.of(four, new Plane(2, 32));
            case Q4_1 -> List.of(four, new Plane(4, 32));
            case Q5_0 -> List.of(four, new Plane(4, 32), new Plane(2, 32));
            case Q5_1 -> List.of(four, new Plane(4, 32), new Plane(4, 32));
            case Q4_K -> List.of(four, new Plane(2, 32), new Plane(4, 256));
            case Q5_K -> List.of(four, new Plane(4, 32), new Plane(2, 32), new Plane(4, 256));
            case Q6_K -> List.of(four, new Plane(8, 32), new Plane(2, 32), new Plane(2, 256));
            default -> throw new AssertionError(type);
        };
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ANY, names = COMPUTED)
    void theSameColumnsOf16RowsLieSideBySide(DType type) {
        int cols = type.blockSize() == 1 ? 35 : 3 * type.blockSize();
        int rows = 37;
        int tiles = 3;
        Tensor tensor = TestBlocks.random(type, cols, rows, 7);
        int bytes = (int) WeightLayout.COLUMNS.bytes(type, cols, rows);
        assertEquals(WeightLayout.PLANES.bytes(type, cols, rows), bytes);
        byte[] byRow = new byte[bytes];
        byte[] byColumn = new byte[bytes];
        WeightLayout.PLANES.pack(tensor, MemorySegment.ofArray(byRow), 0, tiles);
        // The first tile by itself: ranges may be packed one by one.
        MemorySegment target = MemorySegment.ofArray(byColumn);
        WeightLayout.COLUMNS.pack(tensor, target, 0, 1);
        WeightLayout.COLUMNS.pack(tensor, target.asSlice(bytes / tiles), 1, tiles);
        for (int tile = 0; tile < tiles; tile++) {
            int at = bytes / tiles * tile;
            for (Plane plane : planes(type)) {
                int count = Math.ceilDiv(cols, plane.columns());
                for (int i = 0; i < 16 * count * plane.bytes(); i++) {
                    int piece = i / plane.bytes();
                    int there = (piece % 16 * count + piece / 16) * plane.bytes() + i % plane.bytes();
                    assertEquals(
                            byRow[at + there], byColumn[at + i], type + " tile " + tile + " " + plane + " byte " + i);
                }
                at += 16 * count * plane.bytes();
            }
            assertEquals(bytes / tiles * (tile + 1), at, "the planes are all that there is");
        }
    }

    @Test
    void whatCannotBePackedIsRefused() {
        Tensor tensor = TestBlocks.random(DType.F32, 4, 20, 1);
        MemorySegment one = MemorySegment.ofArray(new byte[256]);
        assertThrows(IndexOutOfBoundsException.class, () -> RowColumns.pack(tensor, one, 1, 3));
        assertThrows(IndexOutOfBoundsException.class, () -> RowColumns.pack(tensor, one, 0, 2));
        assertThrows(SluiceException.class, () -> RowColumns.tileBytes(DType.IQ2_S, 256));
        assertThrows(IllegalArgumentException.class, () -> RowColumns.tileBytes(DType.Q4_0, 48));
    }
}
