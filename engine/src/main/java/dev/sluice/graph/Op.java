package dev.sluice.graph;

import dev.sluice.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One coarse operation. Inputs and outputs are [tokens, width] arrays of f32 unless said otherwise; a weight matrix is
 * [columns, rows] with contiguous rows, as in GGUF. Backends switch over this type without a default, so that a new
 * operation fails to compile until each of them handles it.
 */
public sealed interface Op {
    /** Floats per token that this operation produces. */
    int width();

    /** Bytes of weights that one step reads, however many tokens it has. */
    long weightBytes();

    /**
     * Floating-point operations of one step.
     *
     * @param tokens tokens in the step
     * @param context tokens that each of them attends to, at most
     */
    double flops(int tokens, int context);

    /**
     * Looks up rows of the embedding table: ids (int32) [tokens] → [tokens, columns], times {@code scale}.
     *
     * @param table [embedding, vocabulary]
     */
    record Embed(Tensor table, float scale) implements Op {
        @Override
        public int width() {
            return Math.toIntExact(table.shape().cols());
        }

        @Override
        public long weightBytes() {
            return 0;
        }

        @Override
        public double flops(int tokens, int context) {
            return (double) tokens * width();
        }
    }

    /**
     * Root-mean-square norm (Zhang and Sennrich 2019) of each consecutive run of {@code gain.cols()} floats: {@code y =
     * x / sqrt(mean(x²) + eps) · gain}. A value several runs wide is normalised run by run, as per-head norms are.
     */
    record RmsNorm(Tensor gain, float eps, int width) implements Op {
        public RmsNorm {
            if (width % gain.shape().cols() != 0) {
                throw new IllegalArgumentException(gain.name() + " " + gain.shape() + " does not divide " + width);
            }
        }

        /** Floats that share one norm. */
        public int run() {
            return Math.toIntExact(gain.shape().cols());
        }

        @Override
        public long weightBytes() {
            return gain.data().byteSize();
        }

        @Override
        public double flops(int tokens, int context) {
            return 4.0 * tokens * width;
        }
    }

    /**
     * Matrix product: {@code y = W x + bias}, which takes some columns of its output; those beside them are left as they are. That is
     * for a layer's last operation alone.
     *
     * @param column the first of them
     * @param width columns of the output
     */
    record Linear(Tensor weight, @Nullable Tensor bias, int column, int width) implements Op {
        public Linear {
            if (column < 0 || column + weight.shape().rows() > width) {
                throw new IllegalArgumentException(weight.name() + " " + weight.shape() + " has no room in " + width
                        + " columns from column " + column + " on");
            }
        }

        /** One that is all of its output. */
        public Linear(Tensor weight, @Nullable Tensor bias) {
            this(weight, bias, 0, Math.toIntExact(weight.shape().rows()));
        }

        @Override
        public long weightBytes() {
            return weight.data().byteSize() + (bias == null ? 0 : bias.data().byteSize());
        }

        @Override
        public double flops(int tokens, int context) {
            return 2.0 * tokens * weight.shape().elements();
        }
    }

    /**
     * Rotary position embedding (Su et al. 2021) of [tokens, heads · headDim], in place of its input: the pair i of each
     * head is turned by position · rotation.frequency(i). Elements of a head beyond the rotated pairs pass unchanged.
     */
    record Rope(int heads, int headDim, Rotation rotation) implements Op {
        public Rope {
            if (2 * rotation.pairs() > headDim) {
                throw new IllegalArgumentException(
                        "a head of " + headDim + " cannot hold " + rotation.pairs() + " rotated pairs");
            }
        }

        @Override
        public int width() {
            return heads * headDim;
        }

        @Override
        public long weightBytes() {
            return 0;
        }

        @Override
        public double flops(int tokens, int context) {
            return 6.0 * tokens * heads * rotation.pairs();
        }
    }

    /**
     * Causal attention with grouped heads. Inputs: q [tokens, heads · headDim], k [tokens, kvHeads · headDim], v
     * [tokens, kvHeads · headDim]. Appends k and v to the layer's KV cache, then for each head computes {@code
     * softmax(scale · q kᵀ) v} over the cached positions: those not after the token's own and, if {@code window > 0},
     * less than {@code window} before it. Query head h reads KV head {@code h / (heads / kvHeads)}.
     */
    record Attention(int heads, int kvHeads, int headDim, float scale, int window) implements Op {
        public Attention {
            if (kvHeads <= 0 || heads % kvHeads != 0) {
                throw new IllegalArgumentException(heads + " heads cannot share " + kvHeads + " KV heads");
            }
        }

        /** Floats of keys, or of values, that one token adds to the cache. */
        public int kvWidth() {
            return kvHeads * headDim;
        }

        @Override
        public int width() {
            return heads * headDim;
        }

        @Override
        public long weightBytes() {
            return 0;
        }

        @Override
        public double flops(int tokens, int context) {
            int seen = window > 0 ? Math.min(window, context) : context;
            return 4.0 * tokens * width() * seen;
        }
    }

    /** Gated feed-forward network (Shazeer 2020): {@code y = down (activation(gate x) ⊙ (up x))}. */
    record GatedFfn(Tensor gate, Tensor up, Tensor down, Activation activation) implements Op {
        /** Floats per token between the two matrix products. */
        public int hidden() {
            return Math.toIntExact(gate.shape().rows());
        }

        @Override
        public int width() {
            return Math.toIntExact(down.shape().rows());
        }

        @Override
        public long weightBytes() {
            return gate.data().byteSize() + up.data().byteSize() + down.data().byteSize();
        }

        @Override
        public double flops(int tokens, int context) {
            double products = (double) gate.shape().elements()
                    + up.shape().elements()
                    + down.shape().elements();
            return 2.0 * tokens * products;
        }
    }

    /** Sum of two values of the same width. */
    record Add(int width) implements Op {
        @Override
        public long weightBytes() {
            return 0;
        }

        @Override
        public double flops(int tokens, int context) {
            return (double) tokens * width;
        }
    }

    /**
     * Index of the largest of {@code inputWidth} floats, the first of equals, or −1 if none of them is a number:
     * [tokens, inputWidth] → int32 [tokens].
     */
    record ArgMax(int inputWidth) implements Op {
        @Override
        public int width() {
            return 1;
        }

        @Override
        public long weightBytes() {
            return 0;
        }

        @Override
        public double flops(int tokens, int context) {
            return (double) tokens * inputWidth;
        }
    }
}
