package dev.sluice.check;

import dev.sluice.backend.CpuKernels;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.KvType;
import dev.sluice.backend.Precision;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Graph;
import dev.sluice.measure.RandomWeights;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.runtime.Executor;
import dev.sluice.runtime.Progress;
import dev.sluice.runtime.Sequence;
import dev.sluice.tensor.DType;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Compares a device with the definition of every operation: the logits of a small model in each weight format beside those of
 * the scalar code on the CPU, all tokens in one step and one by one.
 */
final class Conformance {
    /** Floats throughout: the order of additions is all that differs (docs/PRECISION.md). */
    private static final double EXACT_LIMIT = 1e-6;
    /** Activations may be rounded to bytes, keys and values are halves. */
    private static final double ROUNDED_LIMIT = 1e-3;

    private static final int TOKENS = 24;

    private final DeviceCatalog catalog;
    private final DeviceInfo device;
    private final boolean quick;
    private final Findings findings;

    Conformance(DeviceCatalog catalog, DeviceInfo device, boolean quick, Findings findings) {
        this.catalog = catalog;
        this.device = device;
        this.quick = quick;
        this.findings = findings;
    }

    void run() {
        List<DType> formats = quick
                ? List.of(DType.Q8_0, DType.Q4_K)
                : Stream.of(DType.values()).filter(DType::isSupported).toList();
        for (DType format : formats) {
            findings.attempt("conformance of " + format, () -> compare(SyntheticModel.tiny(format)));
        }
    }

    private DeviceInfo cpu() {
        return catalog.devices().stream()
                .filter(d -> d.backend().equals("cpu"))
                .findFirst()
                .orElseThrow(() -> new SluiceException("there is no CPU backend to compare with"));
    }

    private void compare(SyntheticModel model) {
        findings.say("comparing " + model.format() + " with the scalar reference");
        try (RandomWeights weights = new RandomWeights()) {
            Graph graph = model.graph(weights);
            DeviceOptions scalar = new DeviceOptions(0, TOKENS, Precision.EXACT, CpuKernels.SCALAR);
            float[][] expected = logits(graph, cpu(), scalar, KvType.F32, TOKENS);
            if (!quick) {
                DeviceOptions exact = new DeviceOptions(0, TOKENS, Precision.EXACT, CpuKernels.AUTO);
                check(model, "floats", graph, exact, KvType.F32, EXACT_LIMIT, expected);
            }
            check(model, "as it runs", graph, new DeviceOptions(0, TOKENS), KvType.F16, ROUNDED_LIMIT, expected);
        }
    }

    private void check(
            SyntheticModel model,
            String how,
            Graph graph,
            DeviceOptions options,
            KvType kv,
            double limit,
            float[][] expected) {
        for (int chunk : new int[] {TOKENS, 1}) {
            double nmse = nmse(expected, logits(graph, device, options, kv, chunk));
            String tokens = chunk == 1 ? "one token at a time" : chunk + " tokens at once";
            findings.add(
                    new CheckReport.Agreement(model.name() + ", " + how + ", " + tokens, nmse, limit, nmse <= limit));
        }
    }

    private float[][] logits(Graph graph, DeviceInfo info, DeviceOptions options, KvType kv, int chunk) {
        int[] tokens =
                new SplittableRandom(1).ints(TOKENS, 0, graph.vocabulary()).toArray();
        float[][] all = new float[TOKENS][graph.vocabulary()];
        try (Device opened = catalog.open(info, options);
                Executor executor = new Executor(graph, opened, TOKENS, Progress.NONE);
                Sequence sequence = executor.newSequence(TOKENS, kv, chunk)) {
            for (int from = 0; from < TOKENS; from += chunk) {
                sequence.append(tokens, from, chunk, chunk);
                for (int i = 0; i < chunk; i++) {
                    sequence.logits(i, all[from + i]);
                }
            }
        }
        return all;
    }

    /** Mean squared error as a share of the variance of what is expected; NaN if a number is none. */
    static double nmse(float[][] expected, float[][] actual) {
        double sum = 0;
        double squares = 0;
        double error = 0;
        int count = 0;
        for (int t = 0; t < expected.length; t++) {
            for (int i = 0; i < expected[t].length; i++) {
                double difference = (double) actual[t][i] - expected[t][i];
                error += difference * difference;
                sum += expected[t][i];
                squares += (double) expected[t][i] * expected[t][i];
                count++;
            }
        }
        return error / (squares - sum * sum / count);
    }
}
