package dev.sluice.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.error.SluiceException;
import dev.sluice.formats.Escape;
import dev.sluice.formats.Metadata;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Graph;
import dev.sluice.model.ModelFamilies;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Shape;
import dev.sluice.tensor.Tensor;
import dev.sluice.tokenizer.Tokenizer;
import java.io.PrintStream;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What one model file holds, as text and as JSON. */
final class Inspection {
    private static final String VOCABULARY = "tokenizer.ggml.model";

    private final ModelSource source;
    private final Map<DType, Share> formats = new EnumMap<>(DType.class);
    private @Nullable Graph graph;
    private @Nullable SluiceException problem;

    /** Tensors of one format. */
    private record Share(int tensors, long bytes) {
        Share plus(long more) {
            return new Share(tensors + 1, bytes + more);
        }
    }

    private Inspection(ModelSource source) {
        this.source = source;
    }

    static Inspection of(ModelSource source) {
        Inspection inspection = new Inspection(source);
        for (Tensor tensor : source.tensors().values()) {
            inspection.formats.merge(
                    tensor.type(), new Share(1, tensor.data().byteSize()), (share, one) -> share.plus(one.bytes()));
        }
        try {
            if (!source.metadata().string(VOCABULARY, "none").equals("none")) {
                Tokenizer.of(source.metadata());
            }
            if (!inspection.isVocabularyOnly()) {
                inspection.graph = ModelFamilies.lower(source);
            }
        } catch (SluiceException e) {
            inspection.problem = e;
        }
        return inspection;
    }

    /** Why the model cannot be run, if so. */
    Optional<SluiceException> problem() {
        return Optional.ofNullable(problem);
    }

    private boolean isVocabularyOnly() {
        return source.tensors().isEmpty() && source.metadata().has(VOCABULARY);
    }

    void print(PrintStream out) {
        out.println(source.description());
        out.println("  " + ByteSize.format(source.fileBytes()) + ", " + parameters() + " parameters in "
                + source.tensors().size() + " tensors");
        out.println("metadata");
        Metadata metadata = source.metadata();
        for (String key : metadata.keys()) {
            out.println("  " + printable(key) + " = " + value(metadata, key));
        }
        out.println("tensors");
        for (Tensor tensor : source.tensors().values()) {
            out.printf("  %-36s %-8s %s%n", printable(tensor.name()), tensor.type(), shape(tensor.shape()));
        }
        out.println("sizes by format");
        formats.forEach((type, share) -> out.printf(
                "  %-8s %5d tensors  %10s%s%n",
                type, share.tensors(), ByteSize.format(share.bytes()), type.isSupported() ? "" : "  (not supported)"));
        out.println("to run it");
        needs(out);
        out.println();
    }

    private void needs(PrintStream out) {
        if (isVocabularyOnly()) {
            out.println("  no: a vocabulary without weights");
        } else if (graph == null) {
            out.println("  no: " + (problem == null ? "" : problem.getMessage()));
        } else {
            int context = Math.min(4096, graph.contextLength());
            out.println("  weights           " + ByteSize.format(graph.weightBytes()));
            out.println("  KV cache, f32     " + ByteSize.format(4 * graph.kvFloatsPerToken()) + " per token, "
                    + ByteSize.format(4 * graph.kvFloatsPerToken() * context) + " for " + context + " tokens");
            out.println("  trained context   " + graph.contextLength() + " tokens");
        }
    }

    ObjectNode json(ObjectMapper mapper) {
        ObjectNode root = mapper.createObjectNode();
        root.put("file", source.description());
        root.put("bytes", source.fileBytes());
        root.put("parameters", parameters());
        ObjectNode keys = root.putObject("metadata");
        Metadata metadata = source.metadata();
        for (String key : metadata.keys()) {
            if (metadata.isArray(key)) {
                keys.putObject(key).put("type", metadata.typeOf(key)).put("length", metadata.length(key));
            } else {
                keys.putPOJO(key, metadata.raw(key));
            }
        }
        ArrayNode tensors = root.putArray("tensors");
        for (Tensor tensor : source.tensors().values()) {
            ObjectNode node = tensors.addObject();
            node.put("name", tensor.name());
            node.put("type", tensor.type().name());
            ArrayNode dims = node.putArray("shape");
            for (int i = 0; i < tensor.shape().rank(); i++) {
                dims.add(tensor.shape().dim(i));
            }
            node.put("bytes", tensor.data().byteSize());
        }
        ObjectNode sizes = root.putObject("formats");
        formats.forEach((type, share) -> sizes.putObject(type.name())
                .put("tensors", share.tensors())
                .put("bytes", share.bytes())
                .put("supported", type.isSupported()));
        root.put("runs", graph != null);
        if (graph != null) {
            root.put("family", graph.family());
            root.put("weight_bytes", graph.weightBytes());
            root.put("kv_bytes_per_token_f32", 4 * graph.kvFloatsPerToken());
            root.put("context_length", graph.contextLength());
        } else if (problem != null) {
            root.put("problem", problem.getMessage());
        }
        return root;
    }

    private long parameters() {
        return source.tensors().values().stream()
                .mapToLong(tensor -> tensor.shape().elements())
                .sum();
    }

    /** Arrays by their type and length: a vocabulary is of no use on a terminal. */
    private static String value(Metadata metadata, String key) {
        if (metadata.isArray(key)) {
            return metadata.typeOf(key);
        }
        Object value = metadata.raw(key);
        return value instanceof String text ? Escape.quote(text) : value.toString();
    }

    private static String shape(Shape shape) {
        StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < shape.rank(); i++) {
            text.append(i == 0 ? "" : ", ").append(shape.dim(i));
        }
        return text.append(']').toString();
    }

    /** A name from an untrusted file must not steer the terminal. */
    private static String printable(String name) {
        String quoted = Escape.quote(name);
        return quoted.equals("'" + name + "'") ? name : quoted;
    }
}
