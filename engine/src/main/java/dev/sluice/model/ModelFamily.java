package dev.sluice.model;

import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Graph;

/** A kind of model, which knows how its files describe it. */
interface ModelFamily {
    /** The name under {@code general.architecture}. */
    String name();

    /**
     * Writes a model down as a graph over the file's tensors.
     *
     * @throws dev.sluice.error.SluiceException if the file contradicts itself or needs what is not supported
     */
    Graph lower(ModelSource source);
}
