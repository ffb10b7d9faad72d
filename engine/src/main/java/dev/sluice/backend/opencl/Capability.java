package dev.sluice.backend.opencl;

import java.util.Locale;

/**
 * What a device may do beyond plain OpenCL 1.2, each found out by a small program of {@code probe.cl} that is compiled, run
 * and compared with what it must give: drivers report too much as well as too little.
 */
enum Capability {
    /** Arithmetic in half precision. */
    FP16,
    /** The packed dot products of cl_khr_integer_dot_product. */
    INTEGER_DOT,
    /** Sub-groups of OpenCL C 2.0 or cl_khr_subgroups, with reductions. */
    SUB_GROUPS,
    /** NVIDIA's dp4a by inline PTX. */
    PTX_DP4A,
    /** NVIDIA's shfl.sync by inline PTX. */
    PTX_SHUFFLE,
    /** AMD's sdot4 by a compiler built-in. */
    AMD_DOT4,
    /** AVX-512 VNNI by inline assembly. */
    X86_VNNI,
    /** cl_khr_command_buffer: launches recorded once and replayed. */
    COMMAND_BUFFERS;

    /** As people write it, in {@code SLUICE_OPENCL_WITHOUT} too. */
    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    ProgramSpec program() {
        ProgramSpec program = ProgramSpec.of("probe").with(name(), 1);
        // Integer dot products are a feature of OpenCL C 3.0.
        return this == INTEGER_DOT ? program.in("CL3.0") : program;
    }
}
