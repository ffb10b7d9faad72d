package dev.sluice.graph;

/** The non-linear function of a gated feed-forward network. */
public enum Activation {
    /** {@code x · sigmoid(x)}. */
    SILU,
    /**
     * The tanh form of GELU (Hendrycks and Gimpel 2016): {@code x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))}, with
     * argument and result rounded to f16 for |x| below {@link #GELU_LINEAR_FROM}, 0 below and x above that range. The
     * roundings are those of ggml's look-up table, by which the published conversions of these models are tested;
     * without them the logits of such models differ from the reference by an NMSE of about 2e-7.
     */
    GELU_TANH;

    /** From this magnitude on, GELU is taken as 0 or x. */
    public static final float GELU_LINEAR_FROM = 10f;
}
