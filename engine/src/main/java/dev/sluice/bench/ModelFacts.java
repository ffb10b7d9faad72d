package dev.sluice.bench;

import dev.sluice.Model;
import dev.sluice.formats.Metadata;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * A model as llama-bench names it.
 *
 * @param type family, size and file type: {@code llama 135M Q4_1}
 * @param bytes of all tensors
 * @param parameters elements of all tensors
 */
record ModelFacts(String type, long bytes, long parameters) {
    /** The names that llama.cpp gives to mixtures of formats, by {@code general.file_type}. */
    private static final Map<Integer, String> MIXTURES = Map.ofEntries(
            Map.entry(10, "Q2_K - Medium"),
            Map.entry(11, "Q3_K - Small"),
            Map.entry(12, "Q3_K - Medium"),
            Map.entry(13, "Q3_K - Large"),
            Map.entry(14, "Q4_K - Small"),
            Map.entry(15, "Q4_K - Medium"),
            Map.entry(16, "Q5_K - Small"),
            Map.entry(17, "Q5_K - Medium"),
            Map.entry(21, "Q2_K - Small"));

    static ModelFacts of(Model model) {
        return of(model.metadata(), model.graph().family(), model.tensors().values());
    }

    static ModelFacts of(Metadata metadata, String family, Collection<Tensor> tensors) {
        long bytes = 0;
        long parameters = 0;
        Map<DType, Long> shares = new EnumMap<>(DType.class);
        for (Tensor tensor : tensors) {
            bytes += tensor.data().byteSize();
            parameters += tensor.shape().elements();
            shares.merge(tensor.type(), tensor.data().byteSize(), Long::sum);
        }
        String size = metadata.string("general.size_label", sizeLabel(parameters));
        return new ModelFacts(family + " " + size + " " + fileType(metadata, shares), bytes, parameters);
    }

    /** {@code 12K}, {@code 135M}, {@code 1.2B}. */
    private static String sizeLabel(long parameters) {
        if (parameters < 999_500) {
            return Math.round(parameters / 1e3) + "K";
        }
        return parameters < 999_500_000
                ? Math.round(parameters / 1e6) + "M"
                : String.format(Locale.ROOT, "%.1fB", parameters / 1e9);
    }

    /** The mixture's name where the file tells that it is one, else the format that most bytes are in. */
    private static String fileType(Metadata metadata, Map<DType, Long> shares) {
        String mixture = MIXTURES.get(metadata.integer("general.file_type", -1));
        if (mixture != null) {
            return mixture;
        }
        return shares.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(e -> e.getKey() == DType.F32 ? "all F32" : e.getKey().name())
                .orElse("without tensors");
    }
}
