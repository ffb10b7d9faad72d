package dev.sluice.backend.opencl;

import dev.sluice.backend.CacheFolder;
import dev.sluice.backend.TrialProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the capabilities of a device tried by {@link CapabilityProbe} in a child process, begun anew behind whatever ended it,
 * and keeps the answer on disk until device or driver change.
 */
final class ProbeProcess {
    private static final Logger LOG = LoggerFactory.getLogger(ProbeProcess.class);
    private static final long LIMIT_SECONDS = 120;
    private static final String FORMAT_VERSION = "1";

    private ProbeProcess() {}

    /** What the device can do; nothing, with a line that says why, if it cannot be tried. */
    static Set<Capability> capabilities(String id, dev.sluice.opencl.Device device) {
        return known(device).orElseGet(() -> {
            List<String> lines = tried(id);
            if (!lines.isEmpty()) {
                keep(file(device), lines);
            }
            return parse(lines);
        });
    }

    /** What the device was found to do, if it has been tried. */
    static Optional<Set<Capability>> known(dev.sluice.opencl.Device device) {
        Path file = file(device);
        try {
            return Optional.of(parse(Files.readAllLines(file)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            LOG.debug("{} cannot be used", file, e);
            return Optional.empty();
        }
    }

    private static Path file(dev.sluice.opencl.Device device) {
        return CacheFolder.ofUser().resolve("capabilities").resolve(key(device));
    }

    private static String key(dev.sluice.opencl.Device device) {
        List<String> parts = new ArrayList<>(List.of(
                FORMAT_VERSION,
                device.info().name(),
                device.info().version(),
                device.info().driverVersion(),
                device.platform().info().name(),
                device.platform().info().version()));
        for (Capability capability : Capability.values()) {
            parts.add(capability.program().standard());
            parts.add(capability.program().text());
        }
        return ProgramCache.key(parts.toArray(String[]::new));
    }

    private static Set<Capability> parse(List<String> lines) {
        Set<Capability> there = EnumSet.noneOf(Capability.class);
        for (String line : lines) {
            if (line.startsWith(CapabilityProbe.YES)) {
                there.add(Capability.valueOf(line.substring(CapabilityProbe.YES.length())));
            } else if (!line.startsWith(CapabilityProbe.NO)) {
                throw new IllegalArgumentException("the line '" + line + "'");
            }
        }
        return there;
    }

    private static List<String> tried(String id) {
        List<String> answers = new ArrayList<>();
        List<Capability> left = new ArrayList<>(List.of(Capability.values()));
        while (!left.isEmpty()) {
            List<String> printed;
            try {
                printed = child(id, left);
            } catch (IOException e) {
                LOG.warn(
                        "What {} can do beyond plain OpenCL 1.2 cannot be tried, so it is not used: no child process"
                                + " starts ({})",
                        id,
                        e.getMessage());
                return List.of();
            }
            @Nullable Capability last = null;
            for (String line : printed) {
                if (line.startsWith(CapabilityProbe.TRY)) {
                    last = Capability.valueOf(line.substring(CapabilityProbe.TRY.length()));
                } else if (last != null && line.endsWith(" " + last)) {
                    answers.add(line);
                    left.remove(last);
                }
            }
            if (last == null) {
                LOG.warn("What {} can do beyond plain OpenCL 1.2 cannot be tried, so it is not used", id);
                return List.of();
            }
            if (left.remove(last)) {
                LOG.debug("Trying {} ended the process: {} is taken not to have it", last, id);
                answers.add(CapabilityProbe.NO + last);
            }
        }
        return answers;
    }

    /** The lines that a child printed before it ended, however it ended. */
    private static List<String> child(String id, List<Capability> capabilities) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(id));
        capabilities.forEach(c -> arguments.add(c.name()));
        return TrialProcess.run(CapabilityProbe.class, arguments, LIMIT_SECONDS).lines();
    }

    private static void keep(Path file, List<String> lines) {
        try {
            Files.createDirectories(file.getParent());
            Path temporary = Files.createTempFile(file.getParent(), "new-", ".tmp");
            Files.write(temporary, lines);
            Files.move(temporary, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.debug("The capabilities cannot be kept in {}", file, e);
        }
    }
}
