package dev.sluice.backend.cpu.asm;

import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.tensor.BlockCodec;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Shape;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Compares the kernels of a format with the scalar definition, once, before they are used: a small random matrix, every
 * number of tokens, activations that bytes hold without rounding.
 */
public final class Int8SelfTest {
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** A whole tile and a row of another. */
    private static final int ROWS = 17;

    /** Far above the rounding of floats (2⁻²⁴ an operation), far below a wrong bit of a quant. */
    private static final double TOLERANCE = 1e-5;

    private Int8SelfTest() {}

    /** The first product that is not what the definition says, for people; empty if all are. */
    public static Optional<String> difference(Int8Kernels kernels, TileFormat format) {
        SplittableRandom random = new SplittableRandom(format.groupBytes);
        int columns = Math.max(128, format.unitColumns());
        int most = kernels.isa().tokens();
        float[] x = activations(random, most, columns);
        try (Arena arena = Arena.ofConfined()) {
            Tensor matrix = matrix(format, columns, arena, random);
            float[] weights = BlockCodec.floats(matrix);
            MemorySegment tiles = arena.allocate(RowTiles.bytes(matrix.type(), columns, ROWS), 64);
            RowTiles.pack(matrix, tiles, 0, RowTiles.tiles(ROWS));
            double[] expected = new double[most * ROWS];
            double[] limits = new double[most * ROWS];
            for (int i = 0; i < expected.length; i++) {
                for (int c = 0; c < columns; c++) {
                    double product = (double) weights[i % ROWS * columns + c] * x[i / ROWS * columns + c];
                    expected[i] += product;
                    limits[i] += TOLERANCE * Math.abs(product);
                }
            }
            Int8Activations rounded = new Int8Activations(columns, kernels.isa());
            MemorySegment room = arena.allocate(rounded.bytes(most), 64);
            Int8Product product = new Int8Product(kernels, arena);
            float[] y = new float[most * ROWS];
            for (int tokens = 1; tokens <= most; tokens++) {
                rounded.bind(room, 0, tokens);
                product.convert(MemorySegment.ofArray(x), 0, 4L * columns, rounded, 0);
                product.into(MemorySegment.ofArray(y), 0, 4L * ROWS);
                product.multiply(format, tiles, ROWS, 0, 2, rounded);
                for (int i = 0; i < tokens * ROWS; i++) {
                    if (!(Math.abs(y[i] - expected[i]) <= limits[i])) {
                        return Optional.of(
                                tokens + " tokens gave " + y[i] + " where " + (float) expected[i] + " is right");
                    }
                }
            }
            return Optional.empty();
        }
    }

    /**
     * What bytes hold without rounding: whole numbers up to 127, which is always among them; in one block of a token those
     * times 64 and 254ths of it, for the residual.
     */
    private static float[] activations(SplittableRandom random, int tokens, int columns) {
        float[] x = new float[tokens * columns];
        for (int i = 0; i < x.length; i++) {
            boolean largest = i % TileFormat.COLUMNS == 7;
            x[i] = largest ? 127 : random.nextInt(-126, 127);
            if (i % columns / TileFormat.COLUMNS == i / columns % 4) {
                x[i] = 64 * (largest ? 127 : x[i] + random.nextInt(-126, 127) / 254f);
            }
        }
        return x;
    }

    private static Tensor matrix(TileFormat format, int columns, Arena arena, SplittableRandom random) {
        DType type = DType.valueOf(format.name());
        byte[] bits = new byte[Math.toIntExact(type.bytes(columns) * ROWS)];
        random.nextBytes(bits);
        MemorySegment data = arena.allocate(bits.length, 64).copyFrom(MemorySegment.ofArray(bits));
        for (int at = 0; at < bits.length; at += type.blockBytes()) {
            data.set(HALF, at + (format == TileFormat.Q6_K ? 208 : 0), factor(random));
            if (format.minima) {
                data.set(HALF, at + 2, factor(random));
            }
        }
        return new Tensor("self-test", type, Shape.of(columns, ROWS), data);
    }

    private static short factor(SplittableRandom random) {
        return Float.floatToFloat16((random.nextBoolean() ? 1 : -1) * (0.5f + random.nextInt(512) / 1024f));
    }
}
