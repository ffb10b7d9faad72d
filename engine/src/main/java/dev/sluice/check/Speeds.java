package dev.sluice.check;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.KvType;
import dev.sluice.bench.ProfileTable;
import dev.sluice.bench.ThroughputTest;
import dev.sluice.bench.Work;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Graph;
import dev.sluice.measure.RandomWeights;
import dev.sluice.measure.Samples;
import dev.sluice.model.ModelFamilies;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.plan.MemoryBudget;
import dev.sluice.runtime.Executor;
import dev.sluice.runtime.Progress;
import dev.sluice.runtime.Sequence;
import dev.sluice.tensor.DType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Measures whole models: a prompt, and tokens one by one, each chosen on the device and read back, as text is generated. */
final class Speeds {
    private static final KvType KV = KvType.F16;
    private static final long LARGE_MODEL_BYTES = 12L << 30;
    private final DeviceCatalog catalog;
    private final DeviceInfo info;
    private final boolean quick;
    private final Findings findings;

    Speeds(DeviceCatalog catalog, DeviceInfo info, boolean quick, Findings findings) {
        this.catalog = catalog;
        this.info = info;
        this.quick = quick;
        this.findings = findings;
    }

    /** A model's file. */
    void file(Path path) {
        findings.attempt(path.toString(), () -> {
            try (ModelSource source = ModelFiles.open(path)) {
                measure(String.valueOf(path.getFileName()), ModelFamilies.lower(source));
            }
        });
    }

    /** Models of random weights, as large as the device can take. */
    void synthetic() {
        if (quick) {
            synthetic(SyntheticModel.tiny(DType.Q4_K));
            return;
        }
        synthetic(SyntheticModel.billion());
        if (info.kind() != DeviceInfo.Kind.CPU && info.memoryBytes() >= LARGE_MODEL_BYTES) {
            synthetic(SyntheticModel.eightBillion());
        }
    }

    private void synthetic(SyntheticModel model) {
        findings.attempt(model.name(), () -> {
            try (RandomWeights weights = new RandomWeights()) {
                measure(model.name() + ", " + model.format(), model.graph(weights));
            }
        });
    }

    /** On a device of its own, because one that has recorded its launches goes on doing so. */
    private void measure(String name, Graph graph) {
        findings.say("loading " + name);
        List<ThroughputTest> tests =
                List.of(new ThroughputTest(quick ? 32 : 512, 0, 0), new ThroughputTest(0, quick ? 8 : 64, 0));
        int context = tests.stream().mapToInt(ThroughputTest::context).max().orElseThrow();
        try (Device device = catalog.open(info, new DeviceOptions(0, Shares.MANY))) {
            MemoryBudget.of(graph, device, context, KV, Shares.MANY)
                    .requireFits(name, device, device.availableBytes(), context);
            try (Executor executor = new Executor(graph, device, Shares.MANY, Progress.NONE);
                    Sequence sequence = executor.newSequence(context, KV, 1)) {
                int[] tokens = new SplittableRandom(1)
                        .ints(context, 0, graph.vocabulary())
                        .toArray();
                List<Double> seconds = new ArrayList<>();
                for (ThroughputTest test : tests) {
                    seconds.add(seconds(name, sequence, test, tokens));
                }
                device.startProfile();
                for (int i = 0; i < tests.size(); i++) {
                    ThroughputTest test = tests.get(i);
                    double bytes = Work.of(test, graph, KV, Shares.MANY).bytes();
                    findings.add(new CheckReport.Speed(
                            name,
                            test.label(),
                            test.tokens() / seconds.get(i),
                            bytes / seconds.get(i),
                            profile(device, sequence, test, tokens)));
                }
            }
        }
    }

    private double seconds(String name, Sequence sequence, ThroughputTest test, int[] tokens) {
        findings.say("measuring " + test.label() + " of " + name);
        run(sequence, test, tokens); // until kernels are compiled
        double[] seconds = new double[quick ? 1 : 3];
        for (int i = 0; i < seconds.length; i++) {
            seconds[i] = run(sequence, test, tokens);
        }
        return Samples.median(seconds);
    }

    private static @Nullable String profile(Device device, Sequence sequence, ThroughputTest test, int[] tokens) {
        device.takeProfile();
        double seconds = run(sequence, test, tokens);
        return device.takeProfile()
                .map(profile -> ProfileTable.of(test, profile, Math.round(1e9 * seconds)))
                .orElse(null);
    }

    /** Seconds of one repetition. */
    private static double run(Sequence sequence, ThroughputTest test, int[] tokens) {
        sequence.truncate(0);
        long started = System.nanoTime();
        for (int at = 0; at < test.prompt(); at += Shares.MANY) {
            sequence.append(tokens, at, Math.min(Shares.MANY, test.prompt() - at), 1);
        }
        for (int i = 0; i < test.generated(); i++) {
            sequence.append(tokens, i, 1, 1);
            sequence.bestToken();
        }
        if (test.prompt() > 0) {
            sequence.bestToken();
        }
        return 1e-9 * (System.nanoTime() - started);
    }
}
