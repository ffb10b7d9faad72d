package dev.sluice.plan;

import dev.sluice.error.SluiceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/** Descriptions that come with Sluice, by name, beside the user's own, by file. */
final class Shipped {
    private Shipped() {}

    /**
     * Reads a file of the user's or one of ours.
     *
     * @param option that named it, for the message
     * @throws SluiceException if there is neither, or it is not as expected
     */
    static <T> T read(String option, String folder, List<String> names, String name, Function<JsonFields, T> read) {
        if (names.contains(name)) {
            return JsonFields.read(name + " (shipped)", text(folder + "/" + name + ".json"), read);
        }
        if (!isFile(name)) {
            throw new SluiceException(
                    option + " " + name + ": there is no such file, and shipped are " + String.join(", ", names));
        }
        return JsonFields.read(Path.of(name), read);
    }

    private static boolean isFile(String name) {
        try {
            return Files.isRegularFile(Path.of(name));
        } catch (InvalidPathException e) {
            return false; // no file can be called so
        }
    }

    private static String text(String resource) {
        try (InputStream in = Shipped.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + resource + " is missing");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
