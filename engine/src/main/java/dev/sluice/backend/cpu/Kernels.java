package dev.sluice.backend.cpu;

import dev.sluice.backend.cpu.asm.Int8Activations;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The computations that exist as scalar and as vector code. Ranges are a worker's share, first inclusive and last
 * exclusive; nothing is checked here: {@link CpuLayer} checks when a step is submitted.
 */
interface Kernels extends AutoCloseable {
    /** For people: which code this is. */
    String description();

    /** For people, where others multiply packed weights: which code does all else. */
    default String descriptionOfFloats() {
        return description();
    }

    /** Whether matrices are repacked into row tiles, which takes memory of their size. */
    boolean packs();

    /** Whether products with matrices of a format read activations that are rounded to bytes. */
    default boolean readsRounded(DType type) {
        return false;
    }

    /** Room for a value that products read rounded. */
    default Int8Activations rounded(int width) {
        throw new IllegalStateException(description() + " rounds no activations");
    }

    /** Rounds a group of a value's tokens to bytes. */
    default void round(Rows x, Int8Activations to, int group, Scratch scratch) {
        throw new IllegalStateException(description() + " rounds no activations");
    }

    /** Makes a worker's scratch large enough for an operation. */
    void reserve(Op op, Scratch scratch);

    /** Fills some tiles of a matrix that is packed. */
    default void pack(Matrix matrix, int firstTile, int lastTile, Scratch scratch) {
        long tileBytes = RowTiles.tileBytes(matrix.type(), matrix.cols());
        MemorySegment target = matrix.data().asSlice(firstTile * tileBytes, (lastTile - firstTile) * tileBytes);
        RowTiles.pack(matrix.tensor(), target, firstTile, lastTile);
    }

    /**
     * {@code y = W x + bias + plus} for the rows of some tiles.
     *
     * @param plus what is added, or null for nothing; it does not lie where y lies
     */
    void linear(
            Matrix w,
            float @Nullable [] bias,
            Rows x,
            @Nullable Rows plus,
            Rows y,
            int tokens,
            int firstTile,
            int lastTile,
            Scratch scratch);

    /** Norms of some runs of {@code gain.length} floats, counted over all tokens. */
    void rmsNorm(Op.RmsNorm op, Rows gain, Rows x, Rows y, int firstRun, int lastRun, Scratch scratch);

    /** Turns some heads, counted over all tokens. */
    void rope(Op.Rope op, RotationTable table, Rows x, Rows y, int firstHead, int lastHead, Scratch scratch);

    /** Puts keys and values into the cache, those of some of the heads, counted over all tokens. */
    default void store(Op.Attention op, Run run, Rows k, Rows v, int firstHead, int lastHead, Scratch scratch) {
        for (int h = firstHead; h < lastHead; h++) {
            int t = h / op.kvHeads();
            int head = h % op.kvHeads();
            int at = head * op.headDim();
            run.cache(run.partOf(t)).put(head, run.positionOf(t), k.data(), k.at(t) + at, v.data(), v.at(t) + at);
        }
    }

    /** Computes a worker's share of an attention whose keys and values are in the cache already. */
    void attention(Op.Attention op, Run run, Rows q, Rows y, Worker worker);

    /** {@code gate = activation(gate) ⊙ up} for the columns of some tiles of all tokens. */
    void activate(
            Activation activation, Rows gate, Rows up, int tokens, int firstColumn, int lastColumn, Scratch scratch);

    /** The sum of some elements, counted over all tokens. */
    void add(Rows a, Rows b, Rows y, int first, int last, Scratch scratch);

    /** Index of the largest element of a token's row. */
    int argMax(Rows x, int token, Scratch scratch);

    @Override
    default void close() {
        // Java code owns nothing.
    }
}
