package dev.sluice.bench;

import dev.sluice.LoadOptions;
import dev.sluice.Model;
import dev.sluice.Sluice;
import dev.sluice.error.SluiceException;
import dev.sluice.measure.Samples;
import dev.sluice.plan.Trial;
import dev.sluice.runtime.Progress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;

/**
 * Has devices decode with a model, in turn, as a shared machine changes its speed from one minute to the next. Each has the
 * model and the machine for itself, as it will when it is chosen.
 */
public final class DecodeTrial {
    private static final int ROUNDS = 5;
    private static final int REPETITIONS = 5;
    /** A repetition takes about this long. */
    private static final double SECONDS = 0.15;

    private static final int FEWEST_TOKENS = 2;
    private static final int MOST_TOKENS = 24;
    private static final int LEAST_CONTEXT = 64;

    private final Path file;
    private final LoadOptions options;
    private final ThroughputTest test;

    /**
     * A trial of a model.
     *
     * @param options how it is loaded, but for device and context
     * @param sequences a token of each in every step
     * @param stepsPerSecond about how many there will be
     */
    public DecodeTrial(Path file, LoadOptions options, int sequences, double stepsPerSecond) {
        this.file = file;
        int tokens = Math.clamp(Math.round(SECONDS * stepsPerSecond), FEWEST_TOKENS, MOST_TOKENS);
        test = new ThroughputTest(0, tokens, 0, sequences);
        this.options = options.withContextLength(Math.max(LEAST_CONTEXT, sequences * test.context()));
    }

    /**
     * Tries devices.
     *
     * @param devices ids
     * @throws SluiceException if one cannot take the model
     */
    public Trial run(List<String> devices, Progress progress) {
        int visits = (1 + ROUNDS) * devices.size();
        int[] done = {0};
        for (String device : devices) { // until the JVM has compiled
            progress.report("trying " + device, done[0]++, visits);
            rate(device, true);
        }
        List<DoubleSupplier> visitors = new ArrayList<>();
        for (String device : devices) {
            visitors.add(() -> {
                progress.report("trying " + device, done[0]++, visits);
                return rate(device, false);
            });
        }
        List<double[]> samples = Samples.interleaved(ROUNDS, visitors);
        Map<String, Double> rates = new HashMap<>();
        for (int i = 0; i < devices.size(); i++) {
            rates.put(devices.get(i), Samples.median(samples.get(i)));
        }
        return new Trial(test.sequences(), test.context() / 2, rates);
    }

    private double rate(String device, boolean warm) {
        try (Model model = Sluice.load(file, options.withDevice(device))) {
            return Samples.median(
                    new Throughput(model).run(test, warm, REPETITIONS).rates());
        }
    }
}
