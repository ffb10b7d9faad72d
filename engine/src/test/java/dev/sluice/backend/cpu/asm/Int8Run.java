package dev.sluice.backend.cpu.asm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A product run three ways: from zero, from a bias (row r has r), and added to its own result. Results have guards around
 * them, which are checked.
 */
final class Int8Run {
    private static final float GUARD = -12345;
    private static final int GUARDS = 37;

    private final MemorySegment tiles;
    private final float[] y;
    private final float[] biased;
    private final float[] twice;

    private Int8Run(MemorySegment tiles, float[] y, float[] biased, float[] twice) {
        this.tiles = tiles;
        this.y = y;
        this.biased = biased;
        this.twice = twice;
    }

    MemorySegment tiles() {
        return tiles;
    }

    /** From zero. */
    float[] y() {
        return y;
    }

    float[] biased() {
        return biased;
    }

    float[] twice() {
        return twice;
    }

    static Int8Run of(Int8Kernels kernels, TileFormat format, Tensor matrix, float[] x, int tokens) {
        int rows = (int) matrix.shape().rows();
        int cols = (int) matrix.shape().cols();
        int tileCount = (int) RowTiles.tiles(rows);
        Arena arena = Arena.ofAuto();
        MemorySegment tiles = arena.allocate(RowTiles.bytes(matrix.type(), cols, rows), 64);
        RowTiles.pack(matrix, tiles, 0, tileCount);
        Int8Activations activations = new Int8Activations(cols, kernels.isa());
        long bytes = activations.bytes(tokens);
        MemorySegment memory = arena.allocate(bytes + 128, 64).fill((byte) 0x5a);
        activations.bind(memory, 64, tokens);
        Int8Product product = new Int8Product(kernels, arena);
        for (int group = 0; group < activations.groups(); group++) {
            product.convert(MemorySegment.ofArray(x), 0, 4L * cols, activations, group);
        }
        for (int i = 0; i < 64; i++) {
            assertEquals(0x5a, memory.get(java.lang.foreign.ValueLayout.JAVA_BYTE, i));
            assertEquals(0x5a, memory.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 64 + bytes + i));
        }
        float[] guarded = new float[tokens * rows + 2 * GUARDS];
        Arrays.fill(guarded, GUARD);
        MemorySegment y = MemorySegment.ofArray(guarded);
        long at = 4L * GUARDS;
        long stride = 4L * rows;
        int half = tileCount / 2;
        product.into(y, at, stride);
        product.multiply(format, tiles, rows, 0, half, activations);
        product.multiply(format, tiles, rows, half, tileCount, activations);
        float[] once = results(guarded);
        product.addingTo(y, at, stride);
        product.multiply(format, tiles, rows, 0, tileCount, activations);
        float[] twice = results(guarded);
        float[] bias = new float[rows];
        for (int r = 0; r < rows; r++) {
            bias[r] = r;
        }
        product.into(y, at, stride);
        product.addingTo(MemorySegment.ofArray(bias), 0, 0);
        product.multiply(format, tiles, rows, 0, tileCount, activations);
        return new Int8Run(tiles, once, results(guarded), twice);
    }

    private static float[] results(float[] guarded) {
        for (int i = 0; i < GUARDS; i++) {
            assertEquals(GUARD, guarded[i], 0, "written before the results");
            assertEquals(GUARD, guarded[guarded.length - 1 - i], 0, "written behind the results");
        }
        return Arrays.copyOfRange(guarded, GUARDS, guarded.length - GUARDS);
    }
}
