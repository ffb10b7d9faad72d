package dev.sluice.backend.opencl;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * The tuning that Sluice brings for devices of some kinds, as files like those of the user: found with {@code sluice
 * calibrate}, with keys for shapes of any size, and without hashes of kernels.
 */
final class ShippedTuning {
    private static final int AVX_512 = 16;
    private static final Pattern INTEL = Pattern.compile("^Intel\\(R\\) OpenCL");
    private static final Pattern POCL = Pattern.compile("Portable Computing Language");

    private ShippedTuning() {}

    /**
     * What there is for a device; nothing if it is of no known kind.
     *
     * @param platform the platform's name
     * @param floats of the hardware's vectors
     * @param dot how it multiplies bytes
     */
    static TuningTable of(String platform, int floats, VectorDot dot) {
        if (INTEL.matcher(platform).find() && dot == VectorDot.X86_VNNI_LLVM) {
            return read("intel-cpu-vnni.txt");
        }
        if (INTEL.matcher(platform).find() && floats == AVX_512 && dot == VectorDot.NONE) {
            return read("intel-cpu-avx512.txt");
        }
        if (POCL.matcher(platform).find() && dot == VectorDot.X86_VNNI) {
            return read("pocl-cpu-vnni.txt");
        }
        return TuningTable.EMPTY;
    }

    private static TuningTable read(String file) {
        try (InputStream in = ShippedTuning.class.getResourceAsStream("tuning/" + file)) {
            byte[] text = Objects.requireNonNull(in, file).readAllBytes();
            return TuningFile.read(
                    new String(text, StandardCharsets.UTF_8).lines().toList());
        } catch (IOException e) {
            throw new UncheckedIOException("the resource " + file + " is damaged", e);
        }
    }
}
