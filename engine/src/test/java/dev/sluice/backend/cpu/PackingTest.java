package dev.sluice.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.formats.MappedFile;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Shape;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackingTest {
    @Test
    void manyMatricesInAMappedFileArePackedAsTheyAreOneByOne(@TempDir Path folder) throws IOException {
        // More than one piece (2 MiB) for each worker, and rows that are no multiple of 16.
        List<Tensor> inMemory = List.of(
                TestBlocks.random(DType.Q8_0, 1024, 9001, 1),
                TestBlocks.random(DType.Q4_1, 64, 17, 2),
                TestBlocks.random(DType.F32, 256, 3, 3));
        for (int workers : new int[] {1, 2, 5}) {
            try (MappedFile file = MappedFile.open(write(folder.resolve("weights" + workers), inMemory));
                    Arena arena = Arena.ofShared();
                    WorkerPool pool = pool(workers)) {
                List<Matrix> matrices = matrices(inMemory, file, arena);
                List<Long> reports = new ArrayList<>();
                new Packing(matrices, pool, new ScalarKernels()).run((done, total) -> {
                    assertTrue(done <= total);
                    reports.add(done);
                });
                for (int i = 0; i < matrices.size(); i++) {
                    Tensor tensor = inMemory.get(i);
                    MemorySegment expected =
                            arena.allocate(matrices.get(i).data().byteSize(), 64);
                    RowTiles.pack(
                            tensor, expected, 0, RowTiles.tiles(tensor.shape().rows()));
                    assertEquals(-1, expected.mismatch(matrices.get(i).data()), workers + " workers, matrix " + i);
                }
                assertEquals(0, reports.getFirst());
                assertEquals(
                        matrices.stream().mapToLong(m -> m.data().byteSize()).sum(), reports.getLast());
                assertEquals(reports.stream().sorted().toList(), reports, "progress never goes back");
            }
        }
    }

    @Test
    void anExceptionOfTheListenerEndsThePacking() {
        List<Tensor> inMemory = List.of(TestBlocks.random(DType.F16, 512, 40_000, 1));
        try (Arena arena = Arena.ofShared();
                WorkerPool pool = pool(2)) {
            Matrix matrix = new Matrix(inMemory.getFirst(), arena.allocate(bytes(inMemory.getFirst()), 64));
            CancellationException enough = new CancellationException();
            Packing packing = new Packing(List.of(matrix), pool, new ScalarKernels());
            assertSame(
                    enough,
                    assertThrows(
                            CancellationException.class,
                            () -> packing.run((done, total) -> {
                                if (done > 0) {
                                    throw enough;
                                }
                            })));
            MemorySegment tiles = matrix.data();
            assertEquals(0, tiles.get(ValueLayout.JAVA_LONG, tiles.byteSize() - 8), "the rest was left alone");
        }
    }

    private static WorkerPool pool(int workers) {
        Arena arena = Arena.ofAuto();
        return new WorkerPool(
                workers,
                IntStream.range(0, workers).mapToObj(i -> new Scratch(arena, i)).toList());
    }

    private static long bytes(Tensor tensor) {
        return WeightStore.packedBytes(tensor);
    }

    private static Path write(Path path, List<Tensor> tensors) throws IOException {
        try (var out = Files.newOutputStream(path)) {
            out.write(new byte[97]); // tensors need not begin at a page
            for (Tensor tensor : tensors) {
                out.write(tensor.data().toArray(ValueLayout.JAVA_BYTE));
            }
        }
        return path;
    }

    private static List<Matrix> matrices(List<Tensor> tensors, MappedFile file, Arena arena) {
        List<Matrix> matrices = new ArrayList<>();
        long at = 97;
        for (Tensor tensor : tensors) {
            Shape shape = tensor.shape();
            MemorySegment data = file.bytes().asSlice(at, tensor.data().byteSize());
            at += data.byteSize();
            Tensor mapped = new Tensor(tensor.name(), tensor.type(), shape, data);
            matrices.add(new Matrix(mapped, arena.allocate(bytes(tensor), 64)));
        }
        return matrices;
    }
}
