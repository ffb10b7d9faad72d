package dev.sluice.backend.opencl;

import dev.sluice.backend.Patience;
import dev.sluice.backend.Step;
import java.util.function.IntSupplier;

/**
 * How long the host waits for a device before that counts as hung: the user's {@link Patience}, and the time that what was queued
 * takes a device slower than any that is worth using. Nothing here needs to be exact, but a device that works must never be taken
 * for one that hangs. Thread-safe.
 */
final class Deadline {
    private static final double BYTES_PER_NANO = 0.05;
    private static final double FLOPS_PER_NANO = 5;
    /** Some drivers compile a kernel when it is launched, all kernels of a model one after another. */
    private static final int FIRST_TIME = 10;

    private final long patience = Patience.nanos();
    private final IntSupplier programs;
    /** Programs that there were when the device answered last. */
    private int tried;
    /** Nanoseconds that what is queued takes at the most. */
    private double queued;

    private double last;

    /** {@code programs}: how many the device has by now. */
    Deadline(IntSupplier programs) {
        this.programs = programs;
    }

    /** A step was queued. */
    synchronized void submitted(ForwardPass pass) {
        double nanos = 0;
        for (int i = 0; i < pass.count(); i++) {
            nanos += pass.layer(i).work().nanos(pass.step());
        }
        last = nanos;
        queued += nanos;
    }

    /** The device has done what was waited for; a step may have been queued behind it. */
    synchronized void answered() {
        queued = last;
        tried = programs.getAsInt();
    }

    /** Nanoseconds that a wait may take that begins now. */
    synchronized long nanos() {
        double own = programs.getAsInt() > tried ? (double) FIRST_TIME * patience : patience;
        return (long) Math.min(own + queued, Long.MAX_VALUE / 2.0);
    }

    /**
     * What a step has to do in a layer.
     *
     * @param bytes of weights
     * @param flops for each token
     * @param flopsPerPosition for each token and each position that it attends to
     */
    record Work(double bytes, double flops, double flopsPerPosition) {
        static Work of(dev.sluice.graph.Layer layer) {
            double flops = 0;
            double attending = 0;
            for (var node : layer.nodes()) {
                flops += node.op().flops(1, 0);
                attending += node.op().flops(1, 1) - node.op().flops(1, 0);
            }
            return new Work(layer.weightBytes(), flops, attending);
        }

        private double nanos(Step step) {
            double operations = 0;
            for (int part = 0; part < step.parts(); part++) {
                int tokens = step.tokens(part);
                operations += tokens * (flops + flopsPerPosition * (step.position(part) + tokens));
            }
            return bytes / BYTES_PER_NANO + operations / FLOPS_PER_NANO;
        }
    }
}
