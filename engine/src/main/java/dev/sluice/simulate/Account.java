package dev.sluice.simulate;

import dev.sluice.error.SluiceException;
import dev.sluice.graph.Layer;
import dev.sluice.tensor.Tensor;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What a simulated device was asked to hold, counted against what it has. */
final class Account {
    private final Simulation simulation;
    private final long most;
    /** How many open layers use a tensor. */
    private final Map<Tensor, Integer> held = new HashMap<>();

    private long taken;

    /** {@code limit}: bytes that may be taken; 0: all that there is. */
    Account(Simulation simulation, long limit) {
        this.simulation = simulation;
        most = limit == 0 ? simulation.memoryBytes() : Math.min(limit, simulation.memoryBytes());
    }

    /**
     * Takes memory.
     *
     * @param largest bytes of the largest piece of it
     * @param what is to be held, for the message
     * @throws SluiceException with the numbers if it does not fit
     */
    synchronized void take(long bytes, long largest, String what) {
        if (largest > simulation.largestAllocation()) {
            throw new SluiceException(device() + " holds at most " + megabytes(simulation.largestAllocation())
                    + " in one piece, but " + what + " takes " + megabytes(largest)
                    + ": choose a smaller weight format or context (--ctx), or another device");
        }
        if (bytes > available()) {
            throw new SluiceException(device() + (most < simulation.memoryBytes() ? " may take " : " has ")
                    + megabytes(most) + ", of which "
                    + megabytes(taken) + " are taken, so there is no room for the " + megabytes(bytes) + " of " + what
                    + ": choose a smaller model, weight format or context (--ctx), or another device");
        }
        taken += bytes;
    }

    /**
     * Takes the memory of a resident layer, less what other layers hold of it: a tied table is there once.
     *
     * @param bytes that it takes alone
     * @return bytes taken
     */
    synchronized long take(Layer layer, long bytes) {
        Set<Tensor> tensors = new HashSet<>(layer.weights());
        long more = bytes;
        long largest = 0;
        for (Tensor tensor : tensors) {
            if (held.containsKey(tensor)) {
                more -= Math.min(more, tensor.data().byteSize());
            } else {
                largest = Math.max(largest, tensor.data().byteSize());
            }
        }
        take(more, Math.min(more, largest), "the weights of " + layer.name());
        tensors.forEach(tensor -> held.merge(tensor, 1, Integer::sum));
        return more;
    }

    /** Gives a layer's memory back. */
    synchronized void giveBack(Layer layer, long bytes) {
        giveBack(bytes);
        for (Tensor tensor : new HashSet<>(layer.weights())) {
            held.computeIfPresent(tensor, (t, users) -> users == 1 ? null : users - 1);
        }
    }

    synchronized void giveBack(long bytes) {
        taken -= bytes;
    }

    synchronized long taken() {
        return taken;
    }

    synchronized long available() {
        return Math.max(0, most - taken);
    }

    private String device() {
        return simulation.id() + " (" + simulation.name() + ")";
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", bytes / (1024.0 * 1024.0));
    }
}
