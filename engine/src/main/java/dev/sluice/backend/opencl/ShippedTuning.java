package dev.sluice.backend.opencl;

import dev.sluice.opencl.Device;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The tuning that Sluice brings for devices of some kinds, as files like those of the user: found with {@code sluice
 * calibrate}, with keys for shapes of any size, and without hashes of kernels.
 */
final class ShippedTuning {
    /**
     * A kind of devices and its file in the folder {@code tuning}.
     *
     * @param platform what the platform's name has
     * @param compiledFor what the device's version or extensions must say
     */
    private record Kind(Pattern platform, Predicate<dev.sluice.opencl.DeviceInfo> compiledFor, String file) {}

    private static final List<Kind> KINDS = List.of();

    private ShippedTuning() {}

    /** What there is for a device; nothing if it is of no known kind. */
    static TuningTable of(Device device) {
        for (Kind kind : KINDS) {
            if (kind.platform().matcher(device.platform().info().name()).find()
                    && kind.compiledFor().test(device.info())) {
                return read(kind.file());
            }
        }
        return TuningTable.EMPTY;
    }

    private static TuningTable read(String file) {
        try (InputStream in = ShippedTuning.class.getResourceAsStream("tuning/" + file)) {
            return TuningFile.read(Objects.requireNonNull(in, file));
        } catch (IOException e) {
            throw new UncheckedIOException("the resource " + file + " is damaged", e);
        }
    }
}
