package dev.sluice.backend.opencl;

import dev.sluice.opencl.DeviceInfo;
import dev.sluice.opencl.DeviceType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What drivers of GPUs that are not here say of them, as far as {@link DeviceTuning} asks: kernels are compiled for these
 * without a device. The names are those that {@code scripts/kernel-report} knows.
 */
final class AbsentGpus {
    private AbsentGpus() {}

    static Map<String, DeviceInfo> all() {
        DeviceInfo nvidia = gpu("NVIDIA Corporation", 48, 1024, List.of(), false);
        DeviceInfo amd = gpu("Advanced Micro Devices, Inc.", 64, 256, List.of(), true);
        DeviceInfo intel = gpu("Intel(R) Corporation", 64, 512, List.of(8, 16, 32), true);
        return Map.of(
                "nvidia-turing",
                nvidia,
                "nvidia",
                nvidia,
                "amd",
                amd,
                "amd-cdna",
                amd,
                "amd-rdna3",
                amd,
                "intel",
                intel,
                "intel-arc",
                intel,
                "intel-max",
                gpu("Intel(R) Corporation", 128, 1024, List.of(16, 32), true));
    }

    /**
     * What would be found by trying, as far as all of a maker's GPUs in the report have it: AMD's sdot4 is gone from gfx11.
     */
    static Set<Capability> capabilities(String name) {
        return switch (name) {
            case "nvidia-turing" -> Set.of(Capability.PTX_DP4A, Capability.PTX_MMA_K8);
            case "nvidia" -> Set.of(Capability.PTX_DP4A, Capability.PTX_MMA);
            case "amd" -> Set.of(Capability.FP16);
            case "amd-cdna" -> Set.of(Capability.FP16, Capability.AMD_MFMA);
            case "amd-rdna3" -> Set.of(Capability.FP16, Capability.AMD_WMMA);
            case "intel-arc" -> Set.of(Capability.FP16, Capability.INTEGER_DOT, Capability.INTEL_MATRIX_8);
            case "intel-max" -> Set.of(Capability.FP16, Capability.INTEGER_DOT, Capability.INTEL_MATRIX_16);
            default -> Set.of(Capability.FP16, Capability.INTEGER_DOT);
        };
    }

    /** {@code extensions}: whether half precision and integer dot products are announced; NVIDIA's driver does not. */
    private static DeviceInfo gpu(
            String vendor, int localKilobytes, long maxWorkGroup, List<Integer> subGroupSizes, boolean extensions) {
        return gpu(vendor, localKilobytes, true, maxWorkGroup, subGroupSizes, extensions);
    }

    /** {@code dedicated}: whether local memory is not global memory. */
    static DeviceInfo gpu(
            String vendor,
            int localKilobytes,
            boolean dedicated,
            long maxWorkGroup,
            List<Integer> subGroupSizes,
            boolean extensions) {
        DeviceInfo.VectorWidths widths = new DeviceInfo.VectorWidths(1, 1, 1, 1, 1);
        return new DeviceInfo(
                "a GPU",
                vendor,
                DeviceType.GPU,
                "OpenCL 3.0",
                "",
                "OpenCL C 1.2",
                64,
                2000,
                16L << 30,
                4L << 30,
                localKilobytes * 1024L,
                dedicated,
                maxWorkGroup,
                List.of(maxWorkGroup, maxWorkGroup, maxWorkGroup),
                1024,
                64 << 10,
                128,
                4 << 20,
                128,
                false,
                widths,
                widths,
                extensions,
                true,
                true,
                !subGroupSizes.isEmpty(),
                subGroupSizes,
                new DeviceInfo.IntegerDotProduct(extensions, extensions, extensions),
                false,
                true,
                Optional.empty(),
                Optional.empty(),
                Set.of());
    }
}
