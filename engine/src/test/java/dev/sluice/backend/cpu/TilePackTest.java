package dev.sluice.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Packing in machine code gives the bytes of {@link RowTiles}. */
class TilePackTest {
    @ParameterizedTest
    @EnumSource(names = {"AVX512", "AVX2"})
    void tilesAreThoseOfJavaCode(FloatPath path) {
        Kernels kernels = path.kernels();
        for (DType type : new DType[] {DType.Q4_0, DType.Q4_1, DType.Q8_0, DType.Q5_1, DType.F32}) {
            for (int rows : new int[] {1, 15, 16, 17, 50, 64}) {
                for (int units : new int[] {1, 2, 7}) {
                    for (int odd : new int[] {0, 1, 2}) {
                        check(kernels, TestBlocks.random(type, (long) units * type.blockSize(), rows, rows), odd);
                    }
                }
            }
        }
    }

    /** From native memory at an address that is no multiple of 4, as in a file, and between bytes that have to stay. */
    private static void check(Kernels kernels, Tensor random, int odd) {
        try (Arena arena = Arena.ofConfined()) {
            Scratch scratch = new Scratch(arena, 0);
            kernels.reserve(new Op.Add(1), scratch);
            MemorySegment file =
                    arena.allocate(random.data().byteSize() + odd, 64).asSlice(odd);
            file.copyFrom(random.data());
            Tensor tensor = new Tensor("w", random.type(), random.shape(), file);
            int tiles = (int) RowTiles.tiles(tensor.shape().rows());
            long tileBytes = RowTiles.tileBytes(tensor.type(), tensor.shape().cols());
            MemorySegment expected = arena.allocate(tiles * tileBytes, 64);
            RowTiles.pack(tensor, expected, 0, tiles);
            for (int first = 0; first < tiles; first++) {
                for (int last = first; last <= tiles; last++) {
                    MemorySegment around = arena.allocate(tiles * tileBytes + 128, 64);
                    around.fill((byte) 0x55);
                    MemorySegment packed = around.asSlice(64, tiles * tileBytes);
                    kernels.pack(new Matrix(tensor, packed), first, last, scratch);
                    MemorySegment wanted = arena.allocate(around.byteSize(), 64);
                    wanted.fill((byte) 0x55);
                    MemorySegment.copy(
                            expected, first * tileBytes, wanted, 64 + first * tileBytes, (last - first) * tileBytes);
                    assertEquals(-1, wanted.mismatch(around), tensor + " tiles " + first + " to " + last);
                }
            }
        }
    }
}
