package dev.sluice.backend.opencl;

import dev.sluice.opencl.Device;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the tuning of a device is kept: a file {@code tuning/….json} in the {@linkplain CacheFolder user's folder}, named by
 * device, driver and what may be used of it. What belongs to other kernels than today's is told by each choice itself.
 */
final class TuningStore {
    private static final Logger LOG = LoggerFactory.getLogger(TuningStore.class);

    private final Path file;
    private final Map<String, String> about = new LinkedHashMap<>();

    private TuningStore(Path file, Map<String, String> about) {
        this.file = file;
        this.about.putAll(about);
    }

    static TuningStore of(Path folder, Device device, KnobLimits limits) {
        Map<String, String> about = new LinkedHashMap<>();
        about.put("device", device.info().name());
        about.put("device_version", device.info().version());
        about.put("driver", device.info().driverVersion());
        about.put("platform", device.platform().info().name());
        about.put("platform_version", device.platform().info().version());
        about.put("capabilities", Capabilities.labels(limits.capabilities()));
        about.put("activations", limits.rounding() ? "may be rounded" : "stay f32");
        String key = ProgramCache.key(about.values().toArray(String[]::new));
        return new TuningStore(folder.resolve("tuning").resolve(key.substring(0, 32) + ".json"), about);
    }

    Path file() {
        return file;
    }

    /** What was kept; nothing, with a line that says why, if that cannot be read. */
    TuningTable load() {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            return TuningFile.read(in);
        } catch (NoSuchFileException e) {
            return TuningTable.EMPTY;
        } catch (IOException e) {
            LOG.warn(
                    "The tuning in {} cannot be read ({}), so it is not used: 'sluice calibrate' measures anew",
                    file,
                    e.getMessage());
            return TuningTable.EMPTY;
        }
    }

    /**
     * Keeps a table; other processes see either the whole file or the one before.
     *
     * @throws UncheckedIOException if it cannot be written
     */
    void keep(TuningTable table) {
        try {
            Files.createDirectories(file.getParent());
            Path temporary = Files.createTempFile(file.getParent(), "new-", ".tmp");
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(temporary))) {
                TuningFile.write(out, about, table);
            }
            Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
