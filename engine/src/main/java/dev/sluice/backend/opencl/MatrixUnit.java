package dev.sluice.backend.opencl;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A kind of matrix unit ({@code unit.cl}): a sub-group multiplies a tile of tokens by a tile of rows, 16 columns at a time, f16
 * with sums in f32.
 *
 * @param capability by which devices have it
 * @param file that describes it to kernels
 * @param lanes work-items of a sub-group
 * @param tokens of a tile
 * @param rows of a tile
 * @param sums of a work-item, at most: what registers hold beside the fragments ({@code scripts/kernel-report})
 * @param emulated whether plain OpenCL C takes the place of the unit's instruction, for tests on devices without
 */
record MatrixUnit(Capability capability, String file, int lanes, int tokens, int rows, int sums, boolean emulated) {
    /** Columns of the tiles in local memory. */
    static final int COLUMNS = 32;

    /** All that there are kernels for; where a device has several, the first is taken. */
    static final List<MatrixUnit> ALL = List.of(
            unit(Capability.PTX_MMA, "ptx_mma", 32, 16, 8, 64),
            unit(Capability.PTX_MMA_K8, "ptx_mma_k8", 32, 16, 8, 64),
            unit(Capability.INTEL_MATRIX_16, "intel_dpas", 16, 8, 16, 32),
            unit(Capability.INTEL_MATRIX_8, "intel_dpas", 8, 8, 8, 64),
            unit(Capability.AMD_WMMA_GFX12, "amd_wmma_gfx12", 32, 16, 16, 64),
            unit(Capability.AMD_WMMA, "amd_wmma", 32, 16, 16, 64),
            unit(Capability.AMD_MFMA, "amd_mfma", 64, 16, 16, 64));

    private static MatrixUnit unit(Capability capability, String file, int lanes, int tokens, int rows, int sums) {
        return new MatrixUnit(capability, "units/" + file + ".cl", lanes, tokens, rows, sums, false);
    }

    /** The unit of a device with these capabilities; null if it has none. */
    static @Nullable MatrixUnit of(Set<Capability> capabilities) {
        for (MatrixUnit unit : ALL) {
            if (capabilities.contains(unit.capability())) {
                return unit;
            }
        }
        return null;
    }

    /** The same fragments, multiplied by plain OpenCL C. */
    MatrixUnit emulation() {
        return new MatrixUnit(capability, file, lanes, tokens, rows, sums, true);
    }

    /** A program with the macros that {@code unit.cl} asks for, but the number of sub-groups. */
    ProgramSpec in(ProgramSpec program) {
        return program.with("MATRIX_UNIT", "\"" + file + "\"")
                .with("UNIT_LANES", lanes)
                .with("UNIT_TOKENS", tokens)
                .with("UNIT_ROWS", rows)
                .with("UNIT_EMULATED", emulated ? 1 : 0);
    }
}
