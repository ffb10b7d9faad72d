package dev.sluice.backend.cpu;

import dev.sluice.backend.cpu.asm.Int8Kernels;
import dev.sluice.backend.cpu.asm.Int8Product;
import dev.sluice.graph.Op;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Memory of one worker between the steps of a kernel. It grows when layers are compiled, never in a step. */
final class Scratch {
    private final Arena arena;
    private final int worker;
    private float[] row = new float[0];
    private double[] scores = new double[0];
    private float[] scales = new float[0];
    private float[] attention = new float[0];
    private MemorySegment panel = MemorySegment.NULL;
    private @Nullable TileProducts tileProducts;
    private @Nullable PanelProduct product;
    private @Nullable VectorAttention vectorAttention;
    private @Nullable Int8Product int8;
    private @Nullable MachineAttention machineAttention;
    private @Nullable FloatOps floatOps;
    private @Nullable FloatProducts floatProducts;

    private final Map<Integer, Rows> normed = new HashMap<>();

    /**
     * Scratch memory that grows in an arena.
     *
     * @param worker index of the worker whose it is
     */
    Scratch(Arena arena, int worker) {
        this.arena = arena;
        this.worker = worker;
    }

    /** Index of the worker whose memory this is. */
    int worker() {
        return worker;
    }

    /** Rows of norms that only this worker reads. */
    Rows normed(int width, int tokens) {
        Rows rows = normed.computeIfAbsent(width, Rows::new);
        if (rows.data().length < width * tokens) {
            rows.bind(new float[width * tokens], 0);
        }
        return rows;
    }

    void reserveRow(int floats) {
        row = row.length < floats ? new float[floats] : row;
    }

    void reserveScores(int doubles) {
        scores = scores.length < doubles ? new double[doubles] : scores;
    }

    void reserveScales(int floats) {
        scales = scales.length < floats ? new float[floats] : scales;
    }

    void reserveAttention(int floats) {
        attention = attention.length < floats ? new float[floats] : attention;
    }

    void reservePanel(long floats) {
        if (panel.byteSize() < floats * Float.BYTES) {
            panel = arena.allocate(floats * Float.BYTES, 64);
        }
    }

    /** Makes the products of machine code. */
    void reserveInt8(Int8Kernels kernels) {
        if (int8 == null) {
            int8 = new Int8Product(kernels, arena);
        }
    }

    /** The int8 products of this worker. */
    Int8Product int8() {
        return Objects.requireNonNull(int8);
    }

    /** Makes the helpers of vector code; a JVM without the Vector API never loads their classes. */
    void reserveVectors() {
        if (product == null) {
            tileProducts = new TileProducts();
            product = new PanelProduct();
            vectorAttention = new VectorAttention(this);
        }
    }

    /** Makes attention in machine code, with room for an operation. */
    void reserveMachineAttention(FloatCode code, Op.Attention op) {
        if (machineAttention == null) {
            machineAttention = new MachineAttention(code, arena);
        }
        machineAttention.reserve(op);
    }

    /** Makes the small operations and the products in machine code. */
    void reserveFloatOps(FloatCode code) {
        if (floatOps == null) {
            floatOps = new FloatOps(code, arena);
            floatProducts = new FloatProducts(code, arena);
        }
    }

    /** The products of unpacked weights in machine code of this worker. */
    FloatProducts floatProducts() {
        return Objects.requireNonNull(floatProducts);
    }

    /** The small operations in machine code of this worker. */
    FloatOps floatOps() {
        return Objects.requireNonNull(floatOps);
    }

    /** The products with one vector of this worker. */
    TileProducts tileProducts() {
        return Objects.requireNonNull(tileProducts);
    }

    /** The product with a panel of this worker. */
    PanelProduct product() {
        return Objects.requireNonNull(product);
    }

    /** The attention of this worker. */
    VectorAttention vectorAttention() {
        return Objects.requireNonNull(vectorAttention);
    }

    /** The attention in machine code of this worker. */
    MachineAttention machineAttention() {
        return Objects.requireNonNull(machineAttention);
    }

    /** One row of weights, or of a tile's products. */
    float[] row() {
        return row;
    }

    /** Scalar attention's scores, one per position. */
    double[] scores() {
        return scores;
    }

    /** Factors and offsets of a tile's groups of columns. */
    float[] scales() {
        return scales;
    }

    /** Queries, scores and results of a block of vector attention. */
    float[] attention() {
        return attention;
    }

    /** Expanded weights, or keys and values, in native memory aligned to a cache line. */
    MemorySegment panel() {
        return panel;
    }
}
