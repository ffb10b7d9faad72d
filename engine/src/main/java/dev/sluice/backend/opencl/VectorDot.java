package dev.sluice.backend.opencl;

import dev.sluice.tensor.DType;

/** Ways to multiply bytes and add the products up: the alternatives of {@code vector_dot.cl}. */
enum VectorDot {
    /** Products are computed in floats. */
    NONE(""),
    /** Plain OpenCL C: right everywhere, fast nowhere; for tests. */
    PLAIN("VECTOR_DOT_PLAIN"),
    /** AVX-512 VNNI by inline assembly. */
    X86_VNNI("VECTOR_DOT_X86_VNNI");

    private final String macro;

    VectorDot(String macro) {
        this.macro = macro;
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
