package dev.sluice.backend.cpu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.backend.cpu.asm.CpuFeatures;
import dev.sluice.system.MachineCode;
import java.util.List;
import java.util.stream.Stream;

/** The ways in which operations on floats are computed. */
enum FloatPath {
    SCALAR,
    VECTOR,
    AVX512,
    AVX2;

    /** Those that this processor and system run. */
    static List<FloatPath> available() {
        return Stream.of(values()).filter(FloatPath::isAvailable).toList();
    }

    private boolean isAvailable() {
        try {
            return switch (this) {
                case SCALAR, VECTOR -> true;
                case AVX512 -> CpuFeatures.detect().avx512();
                case AVX2 -> CpuFeatures.detect().avx2();
            };
        } catch (MachineCode.Refused e) {
            return false;
        }
    }

    /** Kernels that compute in this way; skips the test where the processor cannot. */
    Kernels kernels() {
        assumeTrue(isAvailable(), "the processor lacks it");
        return switch (this) {
            case SCALAR -> new ScalarKernels();
            case VECTOR -> new VectorKernels("");
            case AVX512, AVX2 -> new FloatKernels(code(), new VectorKernels(""));
        };
    }

    /** The machine code of this way; skips the test where the processor cannot. */
    FloatCode code() {
        assumeTrue(isAvailable(), "the processor lacks it");
        return switch (this) {
            case SCALAR, VECTOR -> throw new IllegalArgumentException(this + " is Java code");
            case AVX512 -> Code.WIDE;
            case AVX2 -> Code.NARROW;
        };
    }

    /** Loaded once for all tests. */
    private static final class Code {
        static final FloatCode WIDE = load(true);
        static final FloatCode NARROW = load(false);

        private static FloatCode load(boolean avx512) {
            try {
                return new FloatCode(avx512);
            } catch (MachineCode.Refused e) {
                throw new AssertionError(e);
            }
        }
    }
}
