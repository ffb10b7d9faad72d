package dev.sluice;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** Where tests find what is too large for the repository: published models, and the full conformance set. */
public final class TestFiles {
    private TestFiles() {}

    /**
     * A published model by its file's name, in {@code SLUICE_MODELS} or in the cache that scripts/fetch-model fills.
     *
     * @throws AssertionError if {@code SLUICE_REQUIRE_MODELS=1} and it is in neither
     */
    public static Optional<Path> model(String name) {
        Optional<Path> found = Stream.of(
                        variable("SLUICE_MODELS"),
                        variable("SLUICE_CACHE_DIR").map(c -> c.resolve("models")),
                        variable("XDG_CACHE_HOME").map(c -> c.resolve("sluice/models")),
                        variable("HOME").map(c -> c.resolve(".cache/sluice/models")),
                        Optional.of(Path.of(System.getProperty("user.home"), ".cache/sluice/models")))
                .flatMap(Optional::stream)
                .map(folder -> folder.resolve(name))
                .filter(Files::isRegularFile)
                .findFirst();
        if (found.isEmpty() && Objects.equals(System.getenv("SLUICE_REQUIRE_MODELS"), "1")) {
            throw new AssertionError("SLUICE_REQUIRE_MODELS=1, but there is no " + name);
        }
        return found;
    }

    /**
     * A folder of the full conformance set: below {@code SLUICE_SHARED}, or in a folder {@code shared} beside the
     * repository.
     *
     * @param name {@code tokenizers}, {@code models}, {@code quants}
     */
    public static Optional<Path> conformance(String name) {
        return variable("SLUICE_SHARED")
                .or(() -> repository().map(r -> r.resolveSibling("shared")))
                .map(shared -> shared.resolve("conformance").resolve(name))
                .filter(Files::isDirectory);
    }

    private static Optional<Path> repository() {
        for (Path p = Path.of("").toAbsolutePath(); p != null; p = p.getParent()) {
            if (Files.exists(p.resolve("mvnw"))) {
                return Optional.of(p);
            }
        }
        return Optional.empty();
    }

    private static Optional<Path> variable(String name) {
        return Optional.ofNullable(System.getenv(name))
                .filter(v -> !v.isEmpty())
                .map(Path::of);
    }
}
