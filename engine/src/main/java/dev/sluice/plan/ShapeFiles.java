package dev.sluice.plan;

import dev.sluice.graph.Layer;
import dev.sluice.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Models that are not here, as JSON files: those that come with Sluice and the user's own. */
public final class ShapeFiles {
    private static final List<String> NAMES = List.of("8b", "70b", "405b", "1t-moe");
    private static final int MOST_BLOCKS = 10_000;

    private ShapeFiles() {}

    /** Equal blocks that follow one another. */
    private record Blocks(int count, LayerShape block) {}

    /** The names of those that come with Sluice. */
    public static List<String> names() {
        return NAMES;
    }

    /**
     * Reads a model's shape.
     *
     * @param name a file, or one of {@link #names()}
     * @throws dev.sluice.error.SluiceException if there is none, or a field is missing, unknown or out of range
     */
    public static ModelShape read(String name) {
        return Shipped.read("--model", "shapes", NAMES, name, ShapeFiles::model);
    }

    private static ModelShape model(JsonFields in) {
        int embedding = in.count("embedding");
        int vocabulary = in.count("vocabulary");
        long elements = Math.multiplyExact((long) embedding, (long) vocabulary);
        WeightPart table = WeightPart.of(format(in, "embedding_format"), elements, vocabulary);
        boolean tied = in.flag("tied");
        WeightPart head = tied ? table : WeightPart.of(format(in, "head_format"), elements, vocabulary);
        List<LayerShape> layers = new ArrayList<>();
        layers.add(new LayerShape("embedding", Layer.Kind.EMBEDDING, List.of(table), 0, 0, null, null, embedding));
        for (Blocks blocks : in.list("blocks", ShapeFiles::blocks)) {
            for (int i = 0; i < blocks.count(); i++) {
                layers.add(blocks.block().named("block " + (layers.size() - 1)));
            }
        }
        layers.add(new LayerShape(
                "head",
                Layer.Kind.HEAD,
                List.of(head),
                (long) Float.BYTES * embedding,
                tied ? table.bytes() : 0,
                null,
                null,
                embedding));
        return new ModelShape(
                in.text("name"), in.text("source"), embedding, vocabulary, in.count("context_length"), layers);
    }

    private static Blocks blocks(JsonFields in) {
        int count = in.count("count");
        Checks.require(count >= 1 && count <= MOST_BLOCKS, "count must be 1 to " + MOST_BLOCKS + ", not " + count);
        List<WeightPart> weights = in.list("weights", ShapeFiles::weights);
        List<WeightPart> feedForward =
                in.has("feed_forward") ? in.list("feed_forward", ShapeFiles::weights) : List.of();
        for (WeightPart part : feedForward) {
            long elements = weights.stream()
                    .filter(of -> of.format() == part.format())
                    .mapToLong(WeightPart::elements)
                    .sum();
            Checks.require(
                    part.elements() <= elements,
                    "feed_forward has more elements in " + part.format() + " than weights, whose part it is");
        }
        long vectors = in.whole("vector_bytes");
        Checks.notNegative("vector_bytes", vectors);
        @Nullable ExpertShape experts = in.has("experts") ? in.object("experts", ShapeFiles::experts) : null;
        @Nullable AttentionShape attention = in.has("attention") ? in.object("attention", ShapeFiles::attention) : null;
        return new Blocks(
                count,
                new LayerShape(
                        "",
                        Layer.Kind.BLOCK,
                        weights,
                        vectors,
                        0,
                        experts,
                        attention,
                        in.count("scratch_width"),
                        feedForward));
    }

    private static WeightPart weights(JsonFields in) {
        return WeightPart.of(format(in, "format"), in.whole("elements"));
    }

    private static ExpertShape experts(JsonFields in) {
        return new ExpertShape(
                in.count("count"), in.count("used"), WeightPart.of(format(in, "format"), in.whole("elements_each")));
    }

    private static AttentionShape attention(JsonFields in) {
        return new AttentionShape(
                in.count("kv_heads"), in.count("head_dim"), in.count("window"), in.number("flops_per_position"));
    }

    private static DType format(JsonFields in, String field) {
        String name = in.text(field);
        for (DType type : DType.values()) {
            if (type.name().equals(name)) {
                return type;
            }
        }
        throw in.wrong(field, "a weight format, such as Q4_K or F16");
    }
}
