package dev.sluice.backend.opencl;

import java.util.List;

/** The kernels that do one thing and nothing else, in the shapes that are tried on a kind of device. */
final class PeakKernels {
    private PeakKernels() {}

    /** Work-items of a group. */
    static int items(DeviceTuning tuning) {
        return tuning.lanes() > 1 ? 1 : tuning.items();
    }

    static List<ProgramSpec> read(DeviceTuning tuning) {
        ProgramSpec plain = memory("peak_read", tuning);
        int ahead = tuning.vectors().ahead();
        return ahead == 0 ? List.of(plain) : List.of(plain, plain.with("AHEAD", ahead));
    }

    static List<ProgramSpec> copy(DeviceTuning tuning) {
        return List.of(memory("peak_copy", tuning));
    }

    private static ProgramSpec memory(String kernel, DeviceTuning tuning) {
        return ProgramSpec.of(kernel).with("LANES", tuning.lanes()).with("ITEMS", items(tuning));
    }

    /** Vectors as wide as registers, or of half a width where compilers make two of each; on GPUs pairs, which some add at once. */
    static List<ProgramSpec> multiplyAdd(DeviceTuning tuning) {
        List<Integer> widths = tuning.lanes() == 1 ? List.of(1, 2) : List.of(8, 16);
        return widths.stream()
                .map(width -> ProgramSpec.of("peak_fma")
                        .with("WIDTH", width)
                        .with("ITEMS", items(tuning))
                        .multiplyingBy(tuning))
                .toList();
    }

    static ProgramSpec launch() {
        return ProgramSpec.of("peak_launch");
    }
}
