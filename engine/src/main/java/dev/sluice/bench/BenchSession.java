package dev.sluice.bench;

import dev.sluice.Model;
import dev.sluice.Sluice;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.error.SluiceException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Takes measurements of one model. The memory's bandwidth is measured right before and right after each test, because on
 * a shared machine it changes from one minute to the next.
 */
public final class BenchSession implements AutoCloseable {
    private static final int PASSES = 5;

    private final Model model;
    private final BenchRun run;
    private final Throughput throughput;
    private final @Nullable ReadBandwidth bandwidth;

    public BenchSession(Model model, BenchRun run) {
        this.model = model;
        this.run = run;
        throughput = new Throughput(model);
        bandwidth = run.readsHostMemory() ? new ReadBandwidth(run.threads(), memory()) : null;
    }

    private static long memory() {
        return Sluice.devices().stream()
                .filter(d -> d.backend().equals("cpu"))
                .mapToLong(DeviceInfo::memoryBytes)
                .findFirst()
                .orElseGet(() -> Runtime.getRuntime().maxMemory());
    }

    /** What all measurements have in common. */
    public BenchRun run() {
        return run;
    }

    /**
     * Measures.
     *
     * @param warm whether uncounted repetitions run first, until the JVM has compiled
     * @param repetitions how many are counted
     * @throws dev.sluice.error.SluiceException if the test does not fit the context
     */
    public Measurement measure(ThroughputTest test, boolean warm, int repetitions) {
        Optional<ReadBandwidth.Sample> before = sample();
        ThroughputResult result = throughput.run(test, warm, repetitions);
        Optional<ReadBandwidth.Sample> after = sample();
        Work work = Work.of(test, model.graph(), model.kvType(), model.batchTokens());
        return new Measurement(result, work, before.flatMap(b -> after.map(b::with)));
    }

    /**
     * What the device launches during one more repetition of a test, as text. Measure before: the device goes on
     * recording, which costs time.
     *
     * @throws dev.sluice.error.SluiceException if the device keeps no record
     */
    public String profile(ThroughputTest test) {
        try (Contestants contestants = new Contestants(model, test)) {
            contestants.reachDepth();
            model.startProfile();
            contestants.run();
            model.takeProfile();
            long nanos = contestants.run();
            return model.takeProfile()
                    .map(profile -> ProfileTable.of(test, profile, nanos))
                    .orElseThrow(() -> new SluiceException("the device "
                            + model.device().id() + " records no launches: --profile is for OpenCL devices"));
        }
    }

    private Optional<ReadBandwidth.Sample> sample() {
        return bandwidth == null ? Optional.empty() : Optional.of(bandwidth.sample(PASSES));
    }

    @Override
    public void close() {
        if (bandwidth != null) {
            bandwidth.close();
        }
    }
}
