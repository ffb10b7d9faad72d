package dev.sluice.backend.opencl;

import dev.sluice.backend.tiles.WeightLayout;
import dev.sluice.opencl.DeviceInfo;
import java.util.Set;

/**
 * Which values of {@link Knob}s a device takes, and its user allows.
 *
 * @param base what the device has where nothing was measured
 * @param rounding whether activations may be rounded, to bytes or halves
 */
record KnobLimits(DeviceInfo info, Set<Capability> capabilities, boolean rounding, DeviceTuning base) {
    /** Work-items of a tile's rows in attention. */
    private static final int TILE_ITEMS = 16;

    boolean allow(Knob knob, int value) {
        if (value == knob.of(base)) {
            return true;
        }
        boolean vectors = base.lanes() == 16;
        long most = info.maxWorkGroupSize();
        DeviceTuning with = knob.with(base, value);
        return switch (knob) {
            case VECTOR_DOT -> allowed(with.vectors().dot());
            case AHEAD -> vectors && (value == 0 || !DeviceTuning.simulated(info));
            case TOKENS -> vectors;
            case GROUPS_PER_UNIT -> vectors ? value <= 16 : value >= 8;
            case QUERIES, VECTOR_TOKENS, SPLIT_KEYS, SPLIT_GROUPS, PLANE_GROUPS -> true;
            case ROW_ITEMS -> 32L * value <= most;
            case ARITHMETIC -> allowed(with.planes().arithmetic());
            case DOT -> with.planes().dot().own() && with.planes().dot().needsNoMoreThan(capabilities);
            case QUADS -> (long) value * value <= most && base.layout() == WeightLayout.PLANES;
            case KEY_ITEMS -> !vectors && (long) TILE_ITEMS * value <= most;
            case SPLIT_ITEMS -> base.keys().items() > 0 && value <= most;
        };
    }

    private boolean allowed(VectorDot dot) {
        return switch (dot) {
            case NONE -> true;
            case PLAIN -> false;
            case X86_VNNI -> rounding && capabilities.contains(Capability.X86_VNNI);
            case X86_VNNI_LLVM -> rounding && capabilities.contains(Capability.X86_VNNI_LLVM);
        };
    }

    private boolean allowed(PlaneTuning.Arithmetic arithmetic) {
        return switch (arithmetic) {
            case FLOATS -> true;
            case HALVES -> rounding && capabilities.contains(Capability.FP16);
            case BYTES -> rounding && PlaneTuning.Dot.of(capabilities).own();
            case MATRIX -> rounding && base.planes().unit() != null;
        };
    }
}
