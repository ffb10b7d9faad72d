package dev.sluice.backend.opencl;

/**
 * How one product is tuned.
 *
 * @param one for a single token
 * @param few says up to how many tokens are taken one by one
 * @param many for others
 */
record ProductTuning(DeviceTuning one, DeviceTuning few, DeviceTuning many) {
    static ProductTuning of(DeviceTuning all) {
        return new ProductTuning(all, all, all);
    }

    /** With another tuning for a phase. */
    ProductTuning with(Phase phase, DeviceTuning other) {
        return switch (phase) {
            case ONE -> new ProductTuning(other, few, many);
            case FEW -> new ProductTuning(one, other, many);
            case MANY -> new ProductTuning(one, few, other);
        };
    }
}
