package dev.sluice.graph;

/** The non-linear function of a gated feed-forward network. */
public enum Activation {
    /** {@code x · sigmoid(x)}. */
    SILU,
    /** The tanh form of GELU (Hendrycks and Gimpel 2016): {@code x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))}. */
    GELU_TANH
}
