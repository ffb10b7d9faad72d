package dev.sluice.check;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * What is checked.
 *
 * @param parts of the check
 * @param quick whether everything is small and short: it shows that all works, and its figures mean little
 * @param model a model's file; without one, models of random weights are measured
 */
public record CheckOptions(Set<Part> parts, boolean quick, Optional<Path> model) {
    /** Parts of a check, in the order in which they run. */
    public enum Part {
        /** Memory, arithmetic, launches, transfers. */
        PEAKS,
        /** Logits of small models beside those of the scalar reference. */
        CONFORMANCE,
        /** Products with one token. */
        GEMV,
        /** Products with 512 tokens. */
        GEMM,
        /** Attention behind a long context. */
        ATTENTION,
        /** Tokens per second of whole models. */
        MODEL
    }

    public CheckOptions {
        parts = Set.copyOf(parts);
    }

    boolean has(Part part) {
        return parts.contains(part);
    }
}
