package dev.sluice.measure;

import dev.sluice.backend.CacheFolder;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.tensor.DType;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which devices passed their {@link SelfTest}, kept in the user's cache folder, so that it costs nothing from the second start on.
 * Another device, driver, format or state of Sluice's code is another test.
 */
public final class PassedSelfTests {
    private static final Logger LOG = LoggerFactory.getLogger(PassedSelfTests.class);

    private final Path folder;

    /** {@code folder}: need not exist. */
    public PassedSelfTests(Path folder) {
        this.folder = folder;
    }

    /** The user's own. */
    public static PassedSelfTests ofUser() {
        return new PassedSelfTests(CacheFolder.ofUser().resolve("self-tests"));
    }

    /** Whether this was passed before. */
    public boolean contains(Device device, String options, Collection<DType> formats) {
        return Files.exists(file(device, options, formats));
    }

    /** Keeps that this was passed; if it cannot, the next start tests again. */
    public void add(Device device, String options, Collection<DType> formats) {
        try {
            Files.createDirectories(folder);
            Files.write(file(device, options, formats), new byte[0]);
        } catch (IOException e) {
            LOG.debug("That {} computes rightly cannot be kept", device.info().id(), e);
        }
    }

    private Path file(Device device, String options, Collection<DType> formats) {
        DeviceInfo info = device.info();
        List<String> key = List.of(
                code(),
                info.id(),
                info.name(),
                info.platform(),
                info.details().getOrDefault("driver", ""),
                info.details().getOrDefault("version", ""),
                info.details().getOrDefault("code", ""),
                options,
                new TreeSet<>(formats).toString());
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(String.join("\n", key).getBytes(StandardCharsets.UTF_8));
            return folder.resolve(HexFormat.of().formatHex(digest, 0, 12));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** When Sluice's own code was made, which changes whenever a kernel may have. */
    private static String code() {
        CodeSource source = PassedSelfTests.class.getProtectionDomain().getCodeSource();
        URL location = source == null ? null : source.getLocation();
        if (location == null) {
            return "";
        }
        try {
            return Files.getLastModifiedTime(Path.of(location.toURI())).toString();
        } catch (IOException | URISyntaxException | FileSystemNotFoundException | IllegalArgumentException e) {
            return location.toString();
        }
    }
}
