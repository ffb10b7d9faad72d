package dev.sluice;

import dev.sluice.backend.Device;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Graph;
import dev.sluice.graph.Halves;
import dev.sluice.plan.Placement;
import dev.sluice.plan.Plan;
import dev.sluice.plan.Stage;
import dev.sluice.plan.StreamChoice;
import dev.sluice.runtime.HostShare;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The halves of streamed layers that a plan leaves to the CPU, among the layers that are streamed in fact. */
final class PlannedHalves {
    private final Graph graph;
    private final Plan plan;
    private final @Nullable Device cpu;
    private int count;
    private long bytes;

    PlannedHalves(Graph graph, Plan plan, List<Device> devices) {
        this.graph = graph;
        this.plan = plan;
        cpu = devices.stream()
                .filter(device -> device.info().backend().equals("cpu"))
                .findFirst()
                .orElse(null);
    }

    /** The CPU; null if it is not among the devices. */
    @Nullable
    Device cpu() {
        return cpu;
    }

    /** Those of a stage, which is placed with this; null if there are none. */
    @Nullable
    HostShare of(Stage stage, StreamChoice choice) {
        List<Integer> layers = choice.streamed().stream()
                .filter(i -> halves(choice, i).isPresent())
                .sorted()
                .toList();
        int wanted = (int) plan.layers().subList(stage.from(), stage.to()).stream()
                .filter(Placement::halved)
                .count();
        int halved = choice.slots() == 0 ? 0 : Math.min(wanted, layers.size());
        if (halved == 0 || cpu == null) {
            return null;
        }
        HostShare share = new HostShare(cpu, StreamChoice.spread(layers, halved), plan.batch());
        count += halved;
        bytes += bytes(share, choice);
        return share;
    }

    private Optional<Halves> halves(StreamChoice choice, int layer) {
        return Halves.of(graph.layers().get(choice.from() + layer));
    }

    /** Bytes of the host's memory that the CPU takes for those of a stage. */
    long bytes(@Nullable HostShare share, StreamChoice choice) {
        return share == null
                ? 0
                : share.layers().stream()
                        .flatMap(i -> halves(choice, i).stream())
                        .mapToLong(halves -> share.cpu().residentBytes(halves.feedForward()))
                        .sum();
    }

    /**
     * All stages have been placed.
     *
     * @param wanted layers that were asked for; null: none in particular
     * @param room bytes that the CPU has for them
     * @throws SluiceException if it has less, or there are fewer such layers
     */
    void require(@Nullable Integer wanted, long room) {
        if (wanted != null && count < wanted) {
            throw new SluiceException("--host-share " + wanted + ": in the devices' own layout " + count
                    + " layers are streamed that have a feed-forward half");
        }
        if (bytes > room) {
            throw new SluiceException(String.format(
                    Locale.ROOT,
                    "the feed-forward halves of %d layers take %.1f MiB on the CPU, which may take %.1f MiB: raise --memory, or use"
                            + " --host-share off",
                    count,
                    bytes / (1024.0 * 1024.0),
                    room / (1024.0 * 1024.0)));
        }
    }
}
