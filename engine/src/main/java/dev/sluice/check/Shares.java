package dev.sluice.check;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.KvType;
import dev.sluice.check.CheckOptions.Part;
import dev.sluice.measure.Samples;
import dev.sluice.measure.Workload;
import dev.sluice.measure.Workloads;
import dev.sluice.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;

/** Measures what our kernels reach of a device's peaks, each in turn with its yardstick. */
final class Shares {
    /** Tokens of a step of many. */
    static final int MANY = 512;

    private static final double GEMV_BAR = 0.7;
    private static final double GEMM_BAR = 0.6;
    private static final double ATTENTION_BAR = 0.6;

    /** Many times the caches of a processor, and what a model of some hundred million weights reads for a token. */
    private static final long HOST_BYTES = 256L << 20;
    /** GPUs have larger caches. */
    private static final long BYTES = 1L << 30;

    private static final long QUICK_BYTES = 4L << 20;
    /** A network in one of the wide formats takes more than this; another says as much of the device. */
    private static final long MOST_LAYER_BYTES = 512L << 20;

    private static final double WARM_SECONDS = 0.3;
    private static final double LEAST_SECONDS = 0.01;

    private final Device device;
    private final Yardstick yardstick;
    private final CheckOptions options;
    private final Findings findings;
    /** Whether it is no processor. */
    private final boolean large;

    private final long bytes;
    private final int rounds;

    Shares(Device device, Yardstick yardstick, CheckOptions options, Findings findings) {
        this.device = device;
        this.yardstick = yardstick;
        this.options = options;
        this.findings = findings;
        large = device.info().kind() != DeviceInfo.Kind.CPU;
        bytes = options.quick() ? QUICK_BYTES : large ? BYTES : HOST_BYTES;
        rounds = options.quick() ? 2 : 9;
    }

    private List<DType> formats() {
        return options.quick()
                ? List.of(DType.Q8_0, DType.Q4_K)
                : Stream.of(DType.values()).filter(DType::isSupported).toList();
    }

    /** Products in every format. */
    void products() {
        int width = options.quick() ? 512 : 4096;
        int hidden = options.quick() ? 1024 : 14336;
        for (DType format : formats()) {
            String name = format + " " + width + "x" + width;
            findings.attempt(name, () -> {
                try (Workload work = Workloads.linear(device, format, width, bytes, MANY)) {
                    if (options.has(Part.GEMV)) {
                        gemv(work, format, width + "x" + width);
                    }
                    if (options.has(Part.GEMM) && large) {
                        gemm(work, format, width + "x" + width);
                    }
                }
            });
            if (options.has(Part.GEMM) && !large) { // one of a quarter says as much, sooner
                int half = width / 2;
                findings.attempt(format + " " + half + "x" + half, () -> {
                    try (Workload work = Workloads.linear(device, format, half, 1, MANY)) {
                        gemm(work, format, half + "x" + half);
                    }
                });
            }
            if (options.has(Part.GEMV) && 3 * format.bytes(width) * hidden <= MOST_LAYER_BYTES) {
                String shape = "network " + width + "-" + hidden + "-" + width;
                findings.attempt(format + " " + shape, () -> {
                    try (Workload work = Workloads.feedForward(device, format, width, hidden, bytes, 1)) {
                        gemv(work, format, shape);
                    }
                });
            }
        }
    }

    /** Attention behind 8000 positions. */
    void attention() {
        int depth = options.quick() ? 512 : 8000;
        List<Workloads.Heads> shapes = new ArrayList<>(List.of(new Workloads.Heads(9, 3, 64)));
        if (!options.quick()) {
            shapes.add(new Workloads.Heads(32, 8, 128));
        }
        for (Workloads.Heads heads : shapes) {
            for (KvType type : options.quick() ? List.of(KvType.F16) : List.of(KvType.F16, KvType.F32)) {
                String shape = heads.query() + " heads, " + heads.kv() + " of keys, of " + heads.dim() + ", " + depth
                        + " positions";
                findings.attempt("attention " + type + " " + shape, () -> {
                    try (Workload work = Workloads.attention(device, heads, type, depth, bytes, MANY)) {
                        memoryBound(work, "attention", type.name(), shape, ATTENTION_BAR);
                    }
                });
            }
        }
    }

    private void gemv(Workload work, DType format, String shape) {
        memoryBound(work, "GEMV", format.name(), shape, GEMV_BAR);
    }

    private void memoryBound(Workload work, String kernel, String format, String shape, double bar) {
        findings.say("measuring " + kernel + " " + format + " " + shape);
        warm(work, 1, work.layers());
        double bytes = 1.0 * work.bytes(work.layers());
        add(kernel, format, shape, 1, work.layers(), "B/s", bytes, yardstick.memory(), work::seconds, bar);
    }

    private void gemm(Workload work, DType format, String shape) {
        if (yardstick.arithmetic().isEmpty()) {
            return; // the CPU's own kernels have no yardstick here
        }
        findings.say("measuring GEMM " + format + " " + shape);
        int layers = 1;
        warm(work, MANY, layers);
        while (layers < work.layers() && work.seconds(MANY, layers) < LEAST_SECONDS) {
            layers = Math.min(work.layers(), 2 * layers);
        }
        int count = layers;
        double flops = work.flops(MANY, count);
        DoubleSupplier seconds = () -> work.seconds(MANY, count);
        add("GEMM", format.name(), shape, MANY, count, "FLOP/s", flops, yardstick.arithmetic(), seconds, GEMM_BAR);
    }

    /** Runs what is measured until kernels are compiled and the device has chosen its way. */
    private void warm(Workload work, int tokens, int layers) {
        double seconds = 0;
        for (int i = 0; i < (options.quick() ? 1 : 3) || (!options.quick() && seconds < WARM_SECONDS); i++) {
            seconds += work.seconds(tokens, layers);
        }
    }

    /** Samples yardsticks and work in turn. Of several yardsticks the best counts. */
    private void add(
            String kernel,
            String format,
            String shape,
            int tokens,
            int layers,
            String unit,
            double amount,
            List<DoubleSupplier> yardsticks,
            DoubleSupplier work,
            double bar) {
        List<DoubleSupplier> things = new ArrayList<>(yardsticks);
        things.add(work);
        List<double[]> samples = Samples.interleaved(rounds, things);
        double[] seconds = samples.removeLast();
        double peak = 0;
        double share = Double.POSITIVE_INFINITY;
        for (double[] peaks : samples) {
            double[] shares = new double[rounds];
            for (int i = 0; i < rounds; i++) {
                shares[i] = amount / seconds[i] / peaks[i];
            }
            peak = Math.max(peak, Samples.median(peaks));
            share = Math.min(share, Samples.median(shares));
        }
        double middle = Samples.median(seconds);
        findings.add(new CheckReport.Share(
                kernel, format, shape, tokens, layers, middle, amount / middle, unit, peak, share, bar));
    }
}
