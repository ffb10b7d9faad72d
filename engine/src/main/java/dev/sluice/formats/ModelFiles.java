package dev.sluice.formats;

import dev.sluice.formats.gguf.GgufFile;
import java.nio.file.Path;

/** Opens a model file whatever its container. */
public final class ModelFiles {
    private ModelFiles() {}

    /**
     * Opens a model; of a split GGUF model any part may be named, and all of them are opened.
     *
     * @throws dev.sluice.error.SluiceException if the file is missing, unreadable, damaged, or of an unknown format
     */
    public static ModelSource open(Path path) {
        return GgufFile.open(path);
    }
}
