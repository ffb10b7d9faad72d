package dev.sluice.plan;

import dev.sluice.backend.Backend;
import dev.sluice.error.SluiceException;
import dev.sluice.kernels.KernelSources;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * A hash over all that is measured: the kernels' sources and the classes of the backends, wherever they were loaded from. With
 * another of them speeds may be others.
 */
final class KernelVersion {
    private KernelVersion() {}

    /** The version that runs now. */
    static String current() {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        try {
            add(digest, Backend.class, "dev/sluice/backend");
            add(digest, KernelSources.class, "dev/sluice/kernels");
        } catch (IOException | URISyntaxException e) {
            throw new SluiceException(
                    "the version of the kernels, by which measured profiles are kept, cannot be found out: " + e, e);
        }
        return HexFormat.of().formatHex(digest.digest(), 0, 8);
    }

    private static void add(MessageDigest digest, Class<?> member, String folder)
            throws IOException, URISyntaxException {
        URI location =
                member.getProtectionDomain().getCodeSource().getLocation().toURI();
        Path path = Path.of(location); // a folder, a jar, or a module of a run-time image
        if (Files.isDirectory(path)) {
            addAll(digest, path.resolve(folder));
            return;
        }
        try (FileSystem jar = FileSystems.newFileSystem(path)) {
            addAll(digest, jar.getPath(folder));
        }
    }

    private static void addAll(MessageDigest digest, Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        for (Path file : files) {
            digest.update(Files.readAllBytes(file));
        }
    }
}
