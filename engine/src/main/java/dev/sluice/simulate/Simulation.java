package dev.sluice.simulate;

import dev.sluice.backend.DeviceInfo;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a simulated device is.
 *
 * @param id how a user names it
 * @param name for people
 * @param kind what it passes for
 * @param real the device that computes for it, as {@code --device} would name it
 * @param memoryBytes that weights, KV caches, slots and activations may take
 * @param largestAllocation the largest single one of them
 * @param speedFactor how many times as long as the real device it takes for computation, 1 or more
 * @param link what its copies cross; null: it shares the host's memory, and copies take what they take
 * @param loadTakesTime whether weights cross the link, too, when a model is loaded; else they are there at once
 * @param faults that it will have
 */
public record Simulation(
        String id,
        String name,
        DeviceInfo.Kind kind,
        String real,
        long memoryBytes,
        long largestAllocation,
        double speedFactor,
        @Nullable LinkSpeed link,
        boolean loadTakesTime,
        List<Fault> faults) {
    /** The name of the backend that such devices are of. */
    public static final String BACKEND = "simulated";
    /** The detail of such a device that says what computes for it, how much slower, behind what link. */
    public static final String SIMULATED_ON = "simulated on";

    public Simulation {
        faults = List.copyOf(faults);
        if (memoryBytes <= 0 || largestAllocation <= 0 || !(speedFactor >= 1) || Double.isInfinite(speedFactor)) {
            throw new IllegalArgumentException("memory " + memoryBytes + ", largest allocation " + largestAllocation
                    + ", speed factor " + speedFactor);
        }
    }

    /** For people: on what it computes, how much slower, behind what link. */
    String description() {
        String slower = speedFactor == 1 ? "" : String.format(Locale.ROOT, ", %.4g times as long", speedFactor);
        return real
                + slower
                + (link == null
                        ? ", no link"
                        : String.format(Locale.ROOT, ", link of %.4g GB/s", 1e-9 * link.bytesPerSecond()));
    }
}
