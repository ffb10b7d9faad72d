package dev.sluice.backend.opencl;

import java.util.Locale;
import java.util.Optional;

/**
 * What a device may do beyond plain OpenCL 1.2, each found out by a small program of {@code probe.cl} or
 * {@code probe_matrix.cl} that is compiled, run and compared with what it must give: drivers report too much as well as too
 * little.
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
    /** The same by a function that has the name of LLVM's intrinsic. */
    X86_VNNI_LLVM,
    /** NVIDIA's tensor cores by inline PTX, 16 columns at a time. */
    PTX_MMA,
    /** The same, 8 columns at a time. */
    PTX_MMA_K8,
    /** Intel's sub-group matrix functions in sub-groups of 16. */
    INTEL_MATRIX_16,
    /** The same in sub-groups of 8. */
    INTEL_MATRIX_8,
    /** AMD's WMMA by a compiler built-in, as gfx12 has it. */
    AMD_WMMA_GFX12,
    /** The same as gfx11 has it. */
    AMD_WMMA,
    /** AMD's MFMA by a compiler built-in. */
    AMD_MFMA,
    /** cl_khr_command_buffer: launches recorded once and replayed. */
    COMMAND_BUFFERS;

    /** As people write it, in {@code SLUICE_OPENCL_WITHOUT} too. */
    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The matrix unit that this is about, if it is about one. */
    Optional<MatrixUnit> matrixUnit() {
        return MatrixUnit.ALL.stream().filter(unit -> unit.capability() == this).findFirst();
    }

    ProgramSpec program() {
        Optional<MatrixUnit> unit = matrixUnit();
        if (unit.isPresent()) {
            return MatrixProbe.program(unit.get());
        }
        ProgramSpec program = ProgramSpec.of("probe").with(name(), 1);
        // Integer dot products are a feature of OpenCL C 3.0.
        return this == INTEGER_DOT ? program.in("CL3.0") : program;
    }
}
