package dev.sluice.backend.opencl;

import dev.sluice.tensor.DType;
import java.util.Set;

/** Ways to multiply bytes and add the products up: the alternatives of {@code vector_dot.cl}. */
enum VectorDot {
    /** Products are computed in floats. */
    NONE(""),
    /** Plain OpenCL C: right everywhere, fast nowhere; for tests. */
    PLAIN("VECTOR_DOT_PLAIN"),
    /** AVX-512 VNNI by inline assembly. */
    X86_VNNI("VECTOR_DOT_X86_VNNI"),
    /** The same by LLVM's intrinsic. */
    X86_VNNI_LLVM("VECTOR_DOT_X86_VNNI_LLVM");

    private final String macro;

    VectorDot(String macro) {
        this.macro = macro;
    }

    /** The fastest that a device is capable of. */
    static VectorDot of(Set<Capability> capabilities) {
        if (capabilities.contains(Capability.X86_VNNI)) {
            return X86_VNNI;
        }
        return capabilities.contains(Capability.X86_VNNI_LLVM) ? X86_VNNI_LLVM : NONE;
    }

    /** Whether it is an instruction of the processor. */
    boolean own() {
        return this == X86_VNNI || this == X86_VNNI_LLVM;
    }

    /** Whether weights of a format are multiplied so. */
    boolean takes(DType type) {
        return this != NONE && type.blockSize() > 1;
    }

    /** A program that multiplies so. */
    ProgramSpec with(ProgramSpec spec) {
        return this == NONE ? spec : spec.with(macro, 1);
    }
}
