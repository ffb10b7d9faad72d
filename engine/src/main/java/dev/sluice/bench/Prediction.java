package dev.sluice.bench;

import dev.sluice.Model;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.HeadSlices;
import dev.sluice.plan.Forecast;
import dev.sluice.plan.GraphShape;
import dev.sluice.plan.Hardware;
import dev.sluice.plan.ModelShape;
import dev.sluice.plan.Placement;
import dev.sluice.plan.ProfileStore;
import dev.sluice.plan.Residency;
import dev.sluice.runtime.Assignment;
import dev.sluice.runtime.HostShare;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** How fast a loaded model is to be, by the measured profiles of its devices and the formulas of the planner. */
public final class Prediction {
    private final Forecast forecast;
    private final Model model;

    /**
     * Predicts for a model as it is placed.
     *
     * @throws SluiceException if a device has no profile for its driver and these kernels, or none for the model's weight
     *     formats; the message says how to get one
     */
    public static Prediction of(Model model, ProfileStore store) {
        ModelShape shape = GraphShape.of(model.graph(), model.device().id());
        Hardware hardware = store.hardware(model.assignments().stream()
                .flatMap(Prediction::devices)
                .distinct()
                .toList());
        int hostRows = model.assignments().stream()
                .mapToInt(Prediction::hostRows)
                .max()
                .orElse(0);
        return new Prediction(model, new Forecast(shape, hardware, model.kvType(), placements(model), hostRows));
    }

    private Prediction(Model model, Forecast forecast) {
        this.forecast = forecast;
        this.model = model;
        forecast.decode(1, 0); // a missing rate is told now
    }

    private static Stream<DeviceInfo> devices(Assignment assignment) {
        HostShare host = assignment.host();
        Stream<DeviceInfo> own = Stream.of(assignment.device().info());
        return host == null ? own : Stream.concat(own, Stream.of(host.cpu().info()));
    }

    private static int hostRows(Assignment assignment) {
        HostShare host = assignment.host();
        return host == null ? 0 : host.rows();
    }

    private static List<Placement> placements(Model model) {
        List<Placement> placements = new ArrayList<>();
        for (Assignment assignment : model.assignments()) {
            HostShare host = assignment.host();
            for (int i = 0; i < assignment.layers(); i++) {
                placements.add(new Placement(
                        model.graph().layers().get(placements.size()).name(),
                        assignment.device().info().id(),
                        residency(assignment, i),
                        null,
                        residency(assignment, i) == Residency.STREAMED ? streamed(model, assignment, i) : 0,
                        host != null && host.layers().contains(i)));
            }
        }
        return placements;
    }

    private static Residency residency(Assignment assignment, int layer) {
        boolean slices =
                layer == assignment.layers() - 1 && !assignment.slices().isEmpty();
        if (slices || assignment.streamed().contains(layer)) {
            return Residency.STREAMED;
        }
        return assignment.shared().contains(layer) ? Residency.HOST : Residency.RESIDENT;
    }

    /** The share of a streamed layer that is. */
    private static double streamed(Model model, Assignment assignment, int layer) {
        return assignment.streamed().contains(layer)
                ? 1
                : assignment.slices().size() / (double) new HeadSlices(model.graph()).count();
    }

    /** The stages of a step that decodes a token of each of several sequences, with so many in their contexts. */
    public List<Forecast.Part> decode(int sequences, double depth) {
        return forecast.decode(sequences, depth);
    }

    /** The stages of reading a prompt at the beginning of a context. */
    public Forecast.Prompt prompt(int tokens) {
        return forecast.prompt(model.promptSteps(tokens), 0);
    }

    /** Seconds of a test. */
    public double seconds(ThroughputTest test) {
        double seconds = 0;
        if (test.prompt() > 0) {
            seconds += test.sequences()
                    * forecast.prompt(model.promptSteps(test.prompt()), test.depth())
                            .seconds();
        }
        if (test.generated() > 0) {
            double depth = test.depth() + test.prompt() + test.generated() / 2.0;
            // Groups of sequences follow each other through the devices where that is faster.
            seconds += test.generated()
                    * Math.min(
                            Forecast.seconds(forecast.decode(test.sequences(), depth)),
                            forecast.decodeSeconds(model.decodeGroups(test.sequences()), depth));
        }
        return seconds;
    }
}
