package dev.sluice.model;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Graph;
import java.util.List;
import java.util.stream.Collectors;

/** The model families that Sluice runs. */
public final class ModelFamilies {
    private static final List<ModelFamily> ALL = List.of(new Llama(), new Gemma3());

    private ModelFamilies() {}

    /**
     * Writes the model in a file down as a graph; the graph's tensors are views into {@code source}.
     *
     * @throws SluiceException if the architecture is unknown, the file contradicts itself, or it needs something that is
     *     not supported
     */
    public static Graph lower(ModelSource source) {
        String architecture = source.metadata().string("general.architecture");
        for (ModelFamily family : ALL) {
            if (family.name().equals(architecture)) {
                return family.lower(source);
            }
        }
        throw new SluiceException(source.description() + ": the architecture '" + architecture
                + "' is not supported; supported are " + names());
    }

    /** The architecture names, separated by commas. */
    public static String names() {
        return ALL.stream().map(ModelFamily::name).collect(Collectors.joining(", "));
    }
}
