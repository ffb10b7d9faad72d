package dev.sluice.bench;

import dev.sluice.Model;
import dev.sluice.error.SluiceException;
import dev.sluice.plan.ProfileStore;
import dev.sluice.runtime.Assignment;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Predicted and measured speeds of tests beside each other, as a table in Markdown. */
public final class PredictionTable {
    private PredictionTable() {}

    /**
     * Predicts what was measured.
     *
     * @param store has the devices' profiles; without them the table says how to get them
     */
    public static String of(Model model, List<Measurement> measurements, ProfileStore store) {
        Prediction prediction;
        try {
            prediction = Prediction.of(model, store);
        } catch (SluiceException e) {
            return "nothing is predicted: " + e.getMessage() + "\n";
        }
        String devices = model.assignments().stream().map(Assignment::label).collect(Collectors.joining(" + "));
        StringBuilder table = new StringBuilder("""
                | devices (layers) | test | predicted t/s | measured t/s | error % |
                |---|---|---:|---:|---:|
                """);
        for (Measurement measurement : measurements) {
            ThroughputTest test = measurement.result().test();
            double predicted =
                    (double) test.sequences() * (test.prompt() + test.generated()) / prediction.seconds(test);
            double measured = median(measurement.result().rates());
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %s | %.1f | %.1f | %+.1f |%n",
                    devices,
                    test.label(),
                    predicted,
                    measured,
                    100 * (predicted / measured - 1)));
        }
        return table.toString();
    }

    private static double median(double[] rates) {
        double[] sorted = rates.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
