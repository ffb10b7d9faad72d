package dev.sluice.backend.cpu;

import dev.sluice.backend.cpu.asm.KvStoreCode;
import dev.sluice.backend.cpu.asm.PackCode;
import dev.sluice.backend.cpu.asm.PanelCode;
import dev.sluice.backend.cpu.asm.SoftmaxCode;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.system.MachineCode;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Shape;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;

/** Compares the machine code of operations on floats with plain Java on small odd sizes, before it is used. */
final class FloatSelfTest {
    /** Two turns of the unrolled loop and one more: the test takes time at each start. */
    private static final int DEPTH = 5;
    /** Two units of 16 and five more. */
    private static final int COUNT = 37;

    private static final int GROUPS = 7;
    private static final int COLUMNS = 16 * GROUPS;
    /** Far above rounding, which is below 10⁻⁵ here, and far below what a wrong instruction gives. */
    private static final double LIMIT = 1e-4;

    private final FloatCode code;
    private final Arena arena;
    private final Random random = new Random(1);

    private FloatSelfTest(FloatCode code, Arena arena) {
        this.code = code;
        this.arena = arena;
    }

    /** What differs of the products with a format, if anything does. */
    static Optional<String> difference(FloatCode code, PanelCode.Format format) {
        try (Arena arena = Arena.ofConfined()) {
            FloatSelfTest test = new FloatSelfTest(code, arena);
            for (int rows = 1; rows <= code.panel(format).length; rows++) {
                double error = test.panel(format, rows);
                if (!(error <= LIMIT)) {
                    return Optional.of("products of " + rows + " rows with " + format + " are off by " + error);
                }
            }
            return Optional.empty();
        }
    }

    /** Packs 16 rows of so many units, from one address to another. */
    @FunctionalInterface
    interface Pack {
        void rows(PackCode.Format format, long rows, long rowBytes, long tile, int units);
    }

    /** What differs of the packing of a format, if anything does. */
    static Optional<String> difference(Pack pack, PackCode.Format format) {
        try (Arena arena = Arena.ofConfined()) {
            DType type = DType.valueOf(format.name());
            Shape shape = Shape.of(2L * type.blockSize(), RowTiles.ROWS);
            long rowBytes = type.bytes(shape.cols());
            MemorySegment rows = arena.allocate(rowBytes * RowTiles.ROWS);
            byte[] bytes = new byte[(int) rows.byteSize()];
            new Random(1).nextBytes(bytes);
            MemorySegment.copy(bytes, 0, rows, ValueLayout.JAVA_BYTE, 0, bytes.length);
            MemorySegment expected = arena.allocate(RowTiles.tileBytes(type, shape.cols()), 64);
            MemorySegment tile = arena.allocate(expected.byteSize(), 64);
            RowTiles.pack(new Tensor("test", type, shape, rows), expected, 0, 1);
            pack.rows(format, rows.address(), rowBytes, tile.address(), 2);
            long at = expected.mismatch(tile);
            return at < 0 ? Optional.empty() : Optional.of("byte " + at + " of a tile differs");
        }
    }

    /** What differs of the other operations, if anything does. */
    static Optional<String> difference(FloatCode code) {
        try (Arena arena = Arena.ofConfined()) {
            FloatSelfTest test = new FloatSelfTest(code, arena);
            double softmax = test.softmax();
            if (!(softmax <= LIMIT)) {
                return Optional.of("softmax is off by " + softmax);
            }
            double small = test.smallOperations();
            if (!(small <= LIMIT)) {
                return Optional.of("norm or activation is off by " + small);
            }
            return test.exactOperations();
        }
    }

    private float[] numbers(int count) {
        float[] x = new float[count];
        for (int i = 0; i < count; i++) {
            x[i] = random.nextFloat() - 0.5f;
        }
        return x;
    }

    private double panel(PanelCode.Format format, int rows) {
        float[] x = numbers(rows * DEPTH);
        float[] panel = numbers(DEPTH * COLUMNS);
        float[] y = numbers(rows * COLUMNS);
        MemorySegment stored = arena.allocate((long) panel.length * format.bytes(), 64);
        for (int i = 0; i < panel.length; i++) {
            switch (format) {
                case F32 -> stored.setAtIndex(ValueLayout.JAVA_FLOAT, i, panel[i]);
                case F16 -> {
                    short half = Float.floatToFloat16(panel[i]);
                    stored.setAtIndex(ValueLayout.JAVA_SHORT, i, half);
                    panel[i] = Float.float16ToFloat(half);
                }
                case BF16 -> {
                    short upper = (short) (Float.floatToRawIntBits(panel[i]) >> 16);
                    stored.setAtIndex(ValueLayout.JAVA_SHORT, i, upper);
                    panel[i] = Float.intBitsToFloat(upper << 16);
                }
                case I8 -> {
                    byte quant = (byte) Math.round(panel[i] * 254);
                    stored.set(ValueLayout.JAVA_BYTE, i, quant);
                    panel[i] = quant;
                }
            }
        }
        float[] factors = numbers(COLUMNS);
        MemorySegment nativeFactors = arena.allocateFrom(ValueLayout.JAVA_FLOAT, factors);
        MemorySegment arguments = arena.allocate(PanelCode.ARGUMENTS, 64);
        set(arguments, PanelCode.X_STRIDE, 4L * DEPTH);
        set(arguments, PanelCode.Y_STRIDE, 4L * COLUMNS);
        set(arguments, PanelCode.PANEL, stored.address());
        set(arguments, PanelCode.GROUP_STRIDE, 16L * format.bytes());
        set(arguments, PanelCode.DEPTH_STRIDE, (long) COLUMNS * format.bytes());
        set(arguments, PanelCode.DEPTH, DEPTH);
        set(arguments, PanelCode.GROUPS, GROUPS);
        set(arguments, PanelCode.ACCUMULATE, 1);
        set(arguments, PanelCode.FACTORS, format == PanelCode.Format.I8 ? nativeFactors.address() : 0);
        set(arguments, PanelCode.AHEAD, stored.address());
        double[] expected = new double[y.length];
        for (int i = 0; i < y.length; i++) {
            double sum = 0;
            for (int k = 0; k < DEPTH; k++) {
                sum += (double) x[i / COLUMNS * DEPTH + k] * panel[k * COLUMNS + i % COLUMNS];
            }
            expected[i] = y[i] + (format == PanelCode.Format.I8 ? sum * factors[i % COLUMNS] : sum);
        }
        MachineCode.call(
                code.panel(format)[rows - 1],
                arguments.address(),
                MemorySegment.ofArray(x),
                MemorySegment.ofArray(y),
                MemorySegment.NULL);
        double worst = 0;
        for (int i = 0; i < y.length; i++) {
            worst = worse(worst, Math.abs(expected[i] - y[i]) / (1 + Math.abs(expected[i])));
        }
        return worst;
    }

    private double softmax() {
        float[] x = numbers(COLUMNS);
        MemorySegment scores = arena.allocateFrom(ValueLayout.JAVA_FLOAT, x);
        MemorySegment state = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 0.25f, 2f);
        MemorySegment out = arena.allocateFrom(ValueLayout.JAVA_FLOAT, numbers(16));
        float before = out.get(ValueLayout.JAVA_FLOAT, 0);
        int from = 3;
        int to = COLUMNS - 5;
        float scale = 3;
        MemorySegment arguments = arena.allocate(SoftmaxCode.ARGUMENTS, 64);
        set(arguments, SoftmaxCode.SCORES, scores.address());
        set(arguments, SoftmaxCode.ROWS, 1);
        set(arguments, SoftmaxCode.UNITS, GROUPS);
        set(arguments, SoftmaxCode.FROM, from);
        set(arguments, SoftmaxCode.TO, to);
        arguments.set(ValueLayout.JAVA_FLOAT, SoftmaxCode.SCALE, scale);
        set(arguments, SoftmaxCode.TABLE, code.expTable());
        set(arguments, SoftmaxCode.STATE, state.address());
        set(arguments, SoftmaxCode.OUT, out.address());
        set(arguments, SoftmaxCode.OUT_UNITS, 1);
        MachineCode.call(
                code.softmax(), arguments.address(), MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL);
        double most = 0.25;
        for (int i = from; i < to; i++) {
            most = Math.max(most, scale * x[i]);
        }
        double factor = Math.exp(0.25 - most);
        double sum = 2 * factor;
        double worst = Math.abs(before * factor - out.get(ValueLayout.JAVA_FLOAT, 0));
        for (int i = 0; i < COLUMNS; i++) {
            double expected = i < from || i >= to ? 0 : Math.exp(scale * x[i] - most);
            sum += expected;
            worst = worse(worst, Math.abs(expected - scores.getAtIndex(ValueLayout.JAVA_FLOAT, i)));
        }
        worst = worse(worst, Math.abs(most - state.get(ValueLayout.JAVA_FLOAT, 0)));
        return worse(worst, Math.abs(sum - state.get(ValueLayout.JAVA_FLOAT, 4)) / sum);
    }

    private double smallOperations() {
        FloatOps ops = new FloatOps(code, arena);
        float[] x = numbers(COUNT);
        float[] other = numbers(COUNT);
        float[] y = new float[COUNT];
        MemorySegment segment = MemorySegment.ofArray(x);
        MemorySegment otherSegment = MemorySegment.ofArray(other);
        ops.rmsNorm(segment, 0, otherSegment, COUNT, 1e-5f, MemorySegment.ofArray(y), 0);
        float[] expected = ScalarOps.rmsNorm(x, other, 1e-5f);
        double worst = 0;
        for (int i = 0; i < COUNT; i++) {
            worst = worse(worst, Math.abs(expected[i] - y[i]));
        }
        float[] gate = x.clone();
        ops.activate(Activation.SILU, MemorySegment.ofArray(gate), 0, otherSegment, 0, COUNT);
        for (int i = 0; i < COUNT; i++) {
            worst = worse(worst, Math.abs(ScalarOps.activate(Activation.SILU, x[i]) * other[i] - gate[i]));
        }
        return worst;
    }

    /** Operations whose every bit is given. */
    private Optional<String> exactOperations() {
        FloatOps ops = new FloatOps(code, arena);
        float[] x = numbers(COUNT);
        float[] other = numbers(COUNT);
        float[] y = new float[COUNT];
        MemorySegment segment = MemorySegment.ofArray(x);
        ops.add(segment, 0, MemorySegment.ofArray(other), 0, MemorySegment.ofArray(y), 0, COUNT);
        if (!Arrays.equals(y, ScalarOps.add(x, other))) {
            return Optional.of("a sum is wrong");
        }
        if (ops.argMax(x, segment, 0, COUNT) != ScalarOps.argMax(x, 0, COUNT)) {
            return Optional.of("the largest number was not found");
        }
        ScalarKernels scalar = new ScalarKernels();
        for (Rotation.Pairing pairing : Rotation.Pairing.values()) {
            // Of 36 numbers 34 are turned: a unit and one more, or two units and one more.
            Op.Rope op = new Op.Rope(1, COUNT - 1, new Rotation(pairing, numbers(17), 1));
            RotationTable table = new RotationTable(op.rotation(), 1);
            table.fill(0, 3);
            Rows in = rows(x);
            float[] expected = new float[COUNT];
            scalar.rope(op, table, in, rows(expected), 0, 1, new Scratch(arena, 0));
            float[] turned = new float[COUNT];
            ops.rope(op, table, in, rows(turned), 0, 1);
            if (!Arrays.equals(expected, turned)) {
                return Optional.of("a rotation is wrong");
            }
        }
        return stored(ops, x, other);
    }

    private Optional<String> stored(FloatOps ops, float[] k, float[] v) {
        for (int function : new int[] {KvStoreCode.F32, KvStoreCode.F16}) {
            boolean whole = function == KvStoreCode.F32;
            int bytes = whole ? Float.BYTES : Short.BYTES;
            MemorySegment keys = arena.allocate((long) KvCache.TILE * COUNT * bytes, 64);
            MemorySegment values = arena.allocate((long) COUNT * bytes, 64);
            MemorySegment kSegment = MemorySegment.ofArray(k);
            ops.storeHead(function, kSegment, MemorySegment.ofArray(v), COUNT, keys.address(), values.address());
            for (int i = 0; i < COUNT; i++) {
                if (!isStored(k[i], keys, (long) KvCache.TILE * bytes * i, whole)
                        || !isStored(v[i], values, (long) bytes * i, whole)) {
                    return Optional.of("keys or values are stored wrong");
                }
            }
        }
        return Optional.empty();
    }

    private static boolean isStored(float x, MemorySegment in, long at, boolean whole) {
        return whole
                ? in.get(ValueLayout.JAVA_FLOAT, at) == x
                : in.get(ValueLayout.JAVA_SHORT, at) == Float.floatToFloat16(x);
    }

    private static Rows rows(float[] x) {
        Rows rows = new Rows(x.length);
        rows.bind(x, 0);
        return rows;
    }

    /** The larger, or NaN if one of them is. */
    private static double worse(double a, double b) {
        return Math.max(a, b);
    }

    private static void set(MemorySegment arguments, int at, long value) {
        arguments.set(ValueLayout.JAVA_LONG, at, value);
    }
}
