package dev.sluice.backend.cpu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.backend.cpu.asm.CpuFeatures;
import dev.sluice.system.MachineCode;
import java.util.List;
import java.util.stream.Stream;

/** The ways in which attention is computed. */
enum AttentionCode {
    SCALAR,
    VECTOR,
    AVX512,
    AVX2;

    /** Those that this processor and system run. */
    static List<AttentionCode> available() {
        return Stream.of(values()).filter(AttentionCode::isAvailable).toList();
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

    /** Kernels that compute attention in this way; skips the test where the processor cannot. */
    Kernels kernels() {
        assumeTrue(isAvailable(), "the processor lacks it");
        return switch (this) {
            case SCALAR -> new ScalarKernels();
            case VECTOR -> new VectorKernels();
            case AVX512 -> new FloatKernels(Code.WIDE, new VectorKernels());
            case AVX2 -> new FloatKernels(Code.NARROW, new VectorKernels());
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
