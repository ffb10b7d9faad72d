package dev.sluice.simulate;

import dev.sluice.error.DeviceFailure;
import java.util.EnumMap;
import java.util.Map;

/** Counts what a simulated device does, and has it fail where that was asked for. */
final class Faults {
    private final Simulation simulation;
    private final Map<Fault.Where, Long> counts = new EnumMap<>(Fault.Where.class);

    Faults(Simulation simulation) {
        this.simulation = simulation;
    }

    /** A layer is being compiled. */
    void compiling() {
        strike(Fault.Where.COMPILE, DeviceFailure.Phase.COMPILE, "did not compile a layer");
        allocating();
        copying();
    }

    /** Memory is being taken. */
    void allocating() {
        strike(Fault.Where.ALLOCATE, DeviceFailure.Phase.ALLOCATE, "refused memory that it has");
    }

    /** Something is being copied. */
    void copying() {
        strike(Fault.Where.COPY, DeviceFailure.Phase.COPY, "failed at a copy");
    }

    /** A layer is being computed. */
    void computing() {
        strike(Fault.Where.KERNEL, DeviceFailure.Phase.COMPUTE, "failed at a kernel");
        strike(Fault.Where.LOST, DeviceFailure.Phase.LOST, "is gone");
    }

    /** Whether the layer that is being computed is never done. */
    boolean hangs() {
        return reached(Fault.Where.HANG);
    }

    /** Whether what the layer computed is no number. */
    boolean computesNoNumbers() {
        return reached(Fault.Where.WRONG);
    }

    /** Whether what the layer computed has the wrong sign. */
    boolean computesWrongSigns() {
        return reached(Fault.Where.SIGN);
    }

    private void strike(Fault.Where where, DeviceFailure.Phase phase, String what) {
        if (reached(where)) {
            throw new DeviceFailure(
                    simulation.id(),
                    phase,
                    simulation.id() + " (" + simulation.name() + ", simulated) " + what
                            + ": its hardware file asks for this fault",
                    null);
        }
    }

    private synchronized boolean reached(Fault.Where where) {
        long before = counts.merge(where, 1L, Long::sum) - 1;
        for (Fault fault : simulation.faults()) {
            if (fault.where() == where && before >= fault.after()) {
                return true;
            }
        }
        return false;
    }
}
