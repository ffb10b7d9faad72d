package dev.sluice.backend.opencl;

import dev.sluice.backend.tiles.WeightLayout;
import dev.sluice.opencl.DeviceInfo;
import dev.sluice.opencl.DeviceType;

/**
 * How kernels are shaped for a device: the values of the macros that the sources leave open, and how launches are cut.
 * Nothing else in this package depends on what kind of device it is.
 *
 * @param lanes rows of a weight tile per work-item: 16 (vector registers) or 1 (16 neighbouring work-items)
 * @param split work-items that share the columns of a product with one token
 * @param tokens tokens that one work-item multiplies with weights that it has expanded
 * @param tilesAtOnce tiles that a work-group of a product with many tokens works on side by side
 * @param items work-items of a group in the kernels without tiles
 * @param queries query rows of a work-group in attention, at most
 * @param keyItems work-items that share the keys in attention
 * @param groupsPerUnit work-groups per compute unit that suffice to keep it busy
 * @param vectorTokens up to how many tokens are multiplied one by one
 * @param fusedMultiplyAdd whether fma is fast, else mad is used
 * @param compilers programs compiled at a time
 * @param layout how weights lie in memory
 * @param planes products of row planes
 * @param keys attention of single tokens
 */
record DeviceTuning(
        int lanes,
        int split,
        int tokens,
        int tilesAtOnce,
        int items,
        int queries,
        int keyItems,
        int groupsPerUnit,
        int vectorTokens,
        boolean fusedMultiplyAdd,
        int compilers,
        WeightLayout layout,
        PlaneTuning planes,
        SplitTuning keys) {
    /** Keys that attention goes over at a time. */
    static final int KEYS = 64;

    /** Vector units and few threads: a work-item does what fills the registers, and a group is one work-item. */
    static DeviceTuning wide(DeviceInfo info) {
        PlaneTuning planes = PlaneTuning.of(info.maxWorkGroupSize());
        return new DeviceTuning(
                16,
                1,
                16,
                1,
                1,
                12,
                1,
                4,
                4,
                info.fusedMultiplyAdd(),
                compilers(info),
                WeightLayout.TILES,
                planes,
                SplitTuning.NONE);
    }

    /** Many threads that read side by side. */
    static DeviceTuning parallel(DeviceInfo info) {
        PlaneTuning planes = PlaneTuning.of(info.maxWorkGroupSize());
        SplitTuning keys = SplitTuning.of(info.maxWorkGroupSize());
        return new DeviceTuning(
                1,
                4,
                8,
                4,
                64,
                8,
                4,
                32,
                4,
                info.fusedMultiplyAdd(),
                compilers(info),
                info.localMemory() >= PlaneTuning.LOCAL_BYTES ? WeightLayout.PLANES : WeightLayout.TILES,
                planes,
                keys);
    }

    static DeviceTuning of(DeviceInfo info) {
        boolean room = info.maxWorkGroupSize() >= 64;
        return info.type() == DeviceType.CPU || !room ? wide(info) : parallel(info);
    }

    /** OpenCL lets threads compile side by side; the simulator Oclgrind crashes when they do. */
    private static int compilers(DeviceInfo info) {
        return info.name().startsWith("Oclgrind") ? 1 : Runtime.getRuntime().availableProcessors();
    }

    DeviceTuning with(PlaneTuning other) {
        return with(layout, other, keys);
    }

    DeviceTuning with(SplitTuning other) {
        return with(layout, planes, other);
    }

    DeviceTuning with(WeightLayout other) {
        return with(other, planes, keys);
    }

    private DeviceTuning with(WeightLayout newLayout, PlaneTuning newPlanes, SplitTuning newKeys) {
        return new DeviceTuning(
                lanes,
                split,
                tokens,
                tilesAtOnce,
                items,
                queries,
                keyItems,
                groupsPerUnit,
                vectorTokens,
                fusedMultiplyAdd,
                compilers,
                newLayout,
                newPlanes,
                newKeys);
    }

    /** Work-items of a group that computes tiles, along its first dimension. */
    int tileItems() {
        return 16 / lanes;
    }

    /** The macro by which kernels multiply and add. */
    String multiplyAdd() {
        return fusedMultiplyAdd ? "fma(a,b,c)" : "mad(a,b,c)";
    }
}
