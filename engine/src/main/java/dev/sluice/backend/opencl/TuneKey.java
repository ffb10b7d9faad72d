package dev.sluice.backend.opencl;

import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What a choice of parameters is made for: a product or an attention of some shape, and how many tokens it is for.
 *
 * @param text the shape and the phase, such as {@code q4_1 576x960 norm, one}: the key in files, and what people read
 * @param general the same of any size: {@code q4_1, one}
 */
record TuneKey(String text, String general) {
    static TuneKey of(Product product, Phase phase) {
        Matrix first = product.matrices().getFirst();
        String type = name(first.type());
        String rows =
                product.matrices().stream().map(m -> String.valueOf(m.rows())).collect(Collectors.joining("+"));
        String shape = type + " " + first.cols() + "x" + rows
                + (product.norm() == null ? "" : " norm")
                + (product.activation() == null ? "" : " gated")
                + (product.residual() == null ? "" : " residual");
        return of(shape, type, phase);
    }

    static TuneKey of(Op.Attention op, Phase phase) {
        String heads = "attention " + op.headDim();
        String window = op.window() > 0 ? " window " + op.window() : "";
        return of(heads + "x" + op.heads() + "/" + op.kvHeads() + window, heads, phase);
    }

    private static TuneKey of(String shape, String general, Phase phase) {
        return new TuneKey(shape + ", " + phase.label(), general + ", " + phase.label());
    }

    /** Products of a format, of any size. */
    static TuneKey general(DType type, Phase phase) {
        TuneKey any = of("", name(type), phase);
        return new TuneKey(any.general(), any.general());
    }

    /** Whether a {@link #text} is of a product with matrices of a format and width. */
    static boolean isOf(String text, DType type, long cols, Phase phase) {
        return text.startsWith(name(type) + " " + cols + "x") && text.endsWith(", " + phase.label());
    }

    private static String name(DType type) {
        return type.name().toLowerCase(Locale.ROOT);
    }

    /** Under what a choice may be found, the closest first. */
    List<String> texts() {
        return List.of(text, general);
    }
}
