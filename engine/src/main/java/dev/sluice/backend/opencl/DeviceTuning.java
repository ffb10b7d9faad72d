package dev.sluice.backend.opencl;

import dev.sluice.backend.tiles.WeightLayout;
import dev.sluice.opencl.DeviceInfo;
import dev.sluice.opencl.DeviceType;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;

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
 * @param vectors for devices with vector units
 * @param subGroup work-items of a sub-group that attention demands; 0: the driver's choice
 * @param layout how weights lie in memory
 * @param planes products of row planes
 * @param keys attention of single tokens
 * @param recording whether launches of single tokens are recorded and replayed where that is faster
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
        VectorTuning vectors,
        int subGroup,
        WeightLayout layout,
        PlaneTuning planes,
        SplitTuning keys,
        boolean recording) {
    /** The most {@link #tokens} that any tuning has. */
    static final int MOST_TOKENS = 16;

    /** Keys that attention goes over at a time. */
    static final int KEYS = 64;

    /** Work-items that share the columns of a product with one token, where many read side by side. */
    private static final int SHARES = 4;

    private static final List<String> PHONE_GPU_MAKERS = List.of("qualcomm", "arm", "imagination");

    /** Sums of 16 rows that fit 32 registers beside the quants; half as many where a compiler makes two registers of each. */
    private static final int SUMS = 12;

    /** Vector units and few threads: a work-item does what fills the registers, and a group is one work-item. */
    static DeviceTuning wide(DeviceInfo info, VectorDot dot) {
        boolean full = dot.own() || info.preferredVectorWidths().floats() >= 16;
        int sums = full ? SUMS : SUMS / 2;
        return new DeviceTuning(
                16,
                1,
                sums,
                1,
                1,
                sums,
                1,
                4,
                4,
                info.fusedMultiplyAdd(),
                compilers(info),
                VectorTuning.of(info, dot),
                0,
                WeightLayout.TILES,
                PlaneTuning.of(info.maxWorkGroupSize(), Set.of()),
                SplitTuning.NONE,
                false);
    }

    /** Many threads that read side by side. */
    static DeviceTuning parallel(DeviceInfo info, Set<Capability> capabilities) {
        PlaneTuning planes = PlaneTuning.of(info.maxWorkGroupSize(), capabilities);
        SplitTuning keys = SplitTuning.of(info.maxWorkGroupSize());
        return new DeviceTuning(
                1,
                SHARES,
                8,
                4,
                64,
                8,
                4,
                32,
                4,
                info.fusedMultiplyAdd(),
                compilers(info),
                VectorTuning.NONE,
                subGroup(info),
                layout(info),
                planes,
                keys,
                false);
    }

    static DeviceTuning of(DeviceInfo info, Set<Capability> capabilities) {
        boolean room = info.maxWorkGroupSize() >= 64;
        DeviceTuning shaped = info.type() == DeviceType.CPU || !room
                ? wide(info, VectorDot.of(capabilities))
                : parallel(info, capabilities);
        return shaped.withRecording(capabilities.contains(Capability.COMMAND_BUFFERS));
    }

    /**
     * Work-items share rows where they share memory fast. GPUs of phones do not, or are said to be slow at it (their own kernels
     * in other engines have weights transposed): what local memory tells, and the makers' names, choose where to start from.
     */
    private static WeightLayout layout(DeviceInfo info) {
        boolean gpu = info.type() == DeviceType.GPU;
        boolean room = info.localMemory() >= PlaneTuning.LOCAL_BYTES;
        if (room && !(gpu && (!info.dedicatedLocalMemory() || ofPhones(info)))) {
            return WeightLayout.PLANES;
        }
        boolean columns = gpu && info.maxWorkGroupSize() >= MatVecColumns.items(SHARES);
        return columns ? WeightLayout.COLUMNS : WeightLayout.TILES;
    }

    private static boolean ofPhones(DeviceInfo info) {
        String vendor = info.vendor().toLowerCase(Locale.ROOT);
        return PHONE_GPU_MAKERS.stream().anyMatch(vendor::startsWith);
    }

    /** Whether the device is the simulator Oclgrind, which has its own limits. */
    static boolean simulated(DeviceInfo info) {
        return info.name().startsWith("Oclgrind");
    }

    /** OpenCL lets threads compile side by side; the simulator Oclgrind crashes when they do. */
    private static int compilers(DeviceInfo info) {
        return simulated(info) ? 1 : Runtime.getRuntime().availableProcessors();
    }

    /**
     * Where 16 is the narrowest sub-group there is (Intel's Data Center GPU Max), the compiler would take 32 for attention and
     * spill its registers ({@code scripts/kernel-report}).
     */
    private static int subGroup(DeviceInfo info) {
        List<Integer> sizes = info.subGroupSizes();
        return !sizes.isEmpty() && Collections.min(sizes) == 16 ? 16 : 0;
    }

    /** Query rows of a work-group in attention, at most: long heads fill registers and local memory sooner. */
    int queries(int headDim) {
        return lanes == 1 && headDim > 128 ? Math.ceilDiv(queries, 2) : queries;
    }

    DeviceTuning with(VectorTuning other) {
        return copy(tokens, queries, keyItems, groupsPerUnit, vectorTokens, other, layout, planes, keys, recording);
    }

    DeviceTuning with(PlaneTuning other) {
        return copy(tokens, queries, keyItems, groupsPerUnit, vectorTokens, vectors, layout, other, keys, recording);
    }

    DeviceTuning with(SplitTuning other) {
        return copy(tokens, queries, keyItems, groupsPerUnit, vectorTokens, vectors, layout, planes, other, recording);
    }

    DeviceTuning with(WeightLayout other) {
        return copy(tokens, queries, keyItems, groupsPerUnit, vectorTokens, vectors, other, planes, keys, recording);
    }

    DeviceTuning withRecording(boolean other) {
        return copy(tokens, queries, keyItems, groupsPerUnit, vectorTokens, vectors, layout, planes, keys, other);
    }

    DeviceTuning withTokens(int other) {
        return copy(other, queries, keyItems, groupsPerUnit, vectorTokens, vectors, layout, planes, keys, recording);
    }

    DeviceTuning withQueries(int other) {
        return copy(tokens, other, keyItems, groupsPerUnit, vectorTokens, vectors, layout, planes, keys, recording);
    }

    DeviceTuning withKeyItems(int other) {
        return copy(tokens, queries, other, groupsPerUnit, vectorTokens, vectors, layout, planes, keys, recording);
    }

    DeviceTuning withGroupsPerUnit(int other) {
        return copy(tokens, queries, keyItems, other, vectorTokens, vectors, layout, planes, keys, recording);
    }

    DeviceTuning withVectorTokens(int other) {
        return copy(tokens, queries, keyItems, groupsPerUnit, other, vectors, layout, planes, keys, recording);
    }

    private DeviceTuning copy(
            int newTokens,
            int newQueries,
            int newKeyItems,
            int newGroupsPerUnit,
            int newVectorTokens,
            VectorTuning newVectors,
            WeightLayout newLayout,
            PlaneTuning newPlanes,
            SplitTuning newKeys,
            boolean newRecording) {
        return new DeviceTuning(
                lanes,
                split,
                newTokens,
                tilesAtOnce,
                items,
                newQueries,
                newKeyItems,
                newGroupsPerUnit,
                newVectorTokens,
                fusedMultiplyAdd,
                compilers,
                newVectors,
                subGroup,
                newLayout,
                newPlanes,
                newKeys,
                newRecording);
    }

    /** Work-items of a group that computes tiles, along its first dimension. */
    int tileItems() {
        return 16 / lanes;
    }

    /** For people: how rows of a product are shared out. */
    String sharing() {
        if (lanes == 16) {
            return "16 rows a work-item";
        }
        return layout == WeightLayout.PLANES ? "work-items share rows" : "a row a work-item";
    }

    /** The macro by which kernels multiply and add. */
    String multiplyAdd() {
        return fusedMultiplyAdd ? "fma(a,b,c)" : "mad(a,b,c)";
    }
}
