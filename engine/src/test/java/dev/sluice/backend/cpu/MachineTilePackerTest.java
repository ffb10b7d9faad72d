package dev.sluice.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.backend.cpu.asm.CpuFeatures;
import dev.sluice.backend.cpu.asm.PackCode;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.backend.tiles.WeightLayout;
import dev.sluice.system.MachineCode;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Weights packed for other devices, by machine code where there is some, against Java's code. */
class MachineTilePackerTest {
    static Stream<DType> formats() {
        return Stream.of(DType.values()).filter(RowTiles::supports);
    }

    private static Tensor onHeap(Tensor tensor) {
        byte[] bytes = tensor.data().toArray(ValueLayout.JAVA_BYTE);
        return new Tensor(tensor.name(), tensor.type(), tensor.shape(), MemorySegment.ofArray(bytes));
    }

    @ParameterizedTest
    @MethodSource("formats")
    void whateverPacksThemTilesAreTheSame(DType type) {
        int cols = 3 * type.blockSize();
        for (int rows : new int[] {1, 15, 16, 33, 64}) {
            try (Arena arena = Arena.ofConfined()) {
                Tensor random = TestBlocks.random(type, cols, rows, rows);
                long tiles = RowTiles.tiles(rows);
                for (Tensor tensor : new Tensor[] {random, onHeap(random)}) {
                    for (long first = 0; first < tiles; first++) {
                        for (long last = first; last <= tiles; last++) {
                            long bytes = RowTiles.tileBytes(type, cols) * (last - first);
                            MemorySegment expected = arena.allocate(Math.max(1, bytes), 64);
                            MemorySegment actual = arena.allocate(Math.max(1, bytes), 64);
                            RowTiles.pack(tensor, expected, first, last);
                            WeightLayout.TILES.pack(tensor, actual, first, last);
                            assertEquals(-1, expected.mismatch(actual), type + ", " + rows + " rows, from " + first);
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(PackCode.Format.class)
    void machineCodeIsUsedForNativeMemoryAndWithinItsBounds(PackCode.Format format) throws MachineCode.Refused {
        assumeTrue(CpuFeatures.detect().avx2(), "a processor without AVX2");
        DType type = DType.valueOf(format.name());
        MachineTilePacker packer = new MachineTilePacker();
        try (Arena arena = Arena.ofConfined()) {
            Tensor tensor = TestBlocks.random(type, 64, 33, 1);
            MemorySegment target = arena.allocate(2 * RowTiles.tileBytes(type, 64), 64);
            assertTrue(packer.pack(tensor, target, 0, 2));
            assertFalse(packer.pack(onHeap(tensor), target, 0, 2));
            assertThrows(IndexOutOfBoundsException.class, () -> packer.pack(tensor, target, 0, 3));
            assertThrows(IndexOutOfBoundsException.class, () -> packer.pack(tensor, target.asSlice(1), 0, 2));
        }
    }

    @Test
    void otherFormatsAreLeftToOthers() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor tensor = TestBlocks.random(DType.Q6_K, 256, 16, 1);
            MemorySegment target = arena.allocate(RowTiles.tileBytes(DType.Q6_K, 256), 64);
            assertFalse(new MachineTilePacker().pack(tensor, target, 0, 1));
        }
    }
}
