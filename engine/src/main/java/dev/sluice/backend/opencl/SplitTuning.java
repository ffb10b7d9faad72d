package dev.sluice.backend.opencl;

/**
 * How the keys of a single token are shared out in attention.
 *
 * @param items work-items of a group; 0: keys are not shared out
 * @param keys keys of a share, at least
 * @param groupsPerUnit work-groups per compute unit that shares are made for
 */
record SplitTuning(int items, int keys, int groupsPerUnit) {
    static final SplitTuning NONE = new SplitTuning(0, 0, 0);

    static SplitTuning of(long maxWorkGroupSize) {
        return new SplitTuning(maxWorkGroupSize >= 128 ? 128 : 64, 128, 4);
    }

    SplitTuning withItems(int other) {
        return new SplitTuning(other, keys, groupsPerUnit);
    }

    SplitTuning withKeys(int other) {
        return new SplitTuning(items, other, groupsPerUnit);
    }

    SplitTuning withGroupsPerUnit(int other) {
        return new SplitTuning(items, keys, other);
    }
}
