package dev.sluice.backend.opencl;

import dev.sluice.graph.Activation;
import dev.sluice.opencl.Buffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A matrix product with what is fused into it: up to three matrices of one format whose rows follow one another, or a
 * gate and its partner.
 *
 * @param matrices of equal format and width
 * @param norm of the input, if it is fused
 * @param bias all biases one after another
 * @param activation not null if the first matrix gates the second
 * @param x the input; rows are contiguous
 * @param residual added to the result, with rows as far apart as those of {@code y}
 */
record Product(
        List<Matrix> matrices,
        @Nullable Norm norm,
        @Nullable Buffer bias,
        @Nullable Activation activation,
        Value x,
        @Nullable Value residual,
        Value y) {
    private static final int NORM = 1;
    private static final int BIAS = 2;
    private static final int RESIDUAL = 4;
    private static final int GATED = 8;
    private static final int GELU = 16;

    /** An RMS norm of the product's input. */
    record Norm(Buffer gain, float eps) {}

    int cols() {
        return matrices.getFirst().cols();
    }

    /** Rows of the i-th matrix; 0 if there is none. */
    int rows(int i) {
        return i < matrices.size() ? matrices.get(i).rows() : 0;
    }

    /** The tiles of the i-th matrix; null if there is none. */
    @Nullable
    Buffer tiles(int i) {
        return i < matrices.size() ? matrices.get(i).tiles() : null;
    }

    /** Hands a kernel its first arguments: buffers and rows of three matrices, their width, the flags. */
    BoundKernel matrices(BoundKernel kernel) {
        return kernel.buffer(tiles(0))
                .buffer(tiles(1))
                .buffer(tiles(2))
                .i32(rows(0))
                .i32(rows(1))
                .i32(rows(2))
                .i32(cols())
                .i32(flags());
    }

    /** Tiles of the result. */
    int resultTiles() {
        int counted = activation == null ? matrices.size() : 1;
        int tiles = 0;
        for (int i = 0; i < counted; i++) {
            tiles += (rows(i) + 15) / 16;
        }
        return tiles;
    }

    /** The bits of {@code linear.cl}. */
    int flags() {
        return (norm == null ? 0 : NORM)
                | (bias == null ? 0 : BIAS)
                | (residual == null ? 0 : RESIDUAL)
                | (activation == null ? 0 : GATED)
                | (activation == Activation.GELU_TANH ? GELU : 0);
    }

    /** The arguments of a kernel for many tokens that reads their floats. */
    BoundKernel many(BoundKernel args, Run run, NormedInput input) {
        return ends(matrices(args).buffer(bias).buffer(input.of(run)).i32(input.at()), run);
    }

    /** The last arguments of a kernel for many tokens: how many, and where the residual and the result lie. */
    BoundKernel ends(BoundKernel args, Run run) {
        return args.i32(run.tokens)
                .buffer(run.bufferOrNone(residual))
                .i32(residual == null ? 0 : residual.at())
                .buffer(run.buffer(y))
                .i32(y.at())
                .i32(y.stride());
    }

    /** The arguments of a kernel for one token, from the matrices to y. */
    BoundKernel token(BoundKernel args, Run run, int t) {
        return matrices(args)
                .buffer(norm == null ? null : norm.gain())
                .f32(norm == null ? 0 : norm.eps())
                .buffer(bias)
                .buffer(run.buffer(x))
                .i32(x.at() + t * x.stride())
                .buffer(run.bufferOrNone(residual))
                .i32(residual == null ? 0 : residual.at() + t * residual.stride())
                .buffer(run.buffer(y))
                .i32(y.at() + t * y.stride());
    }
}
