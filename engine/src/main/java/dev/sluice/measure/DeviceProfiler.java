package dev.sluice.measure;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DevicePeaks;
import dev.sluice.backend.KvType;
import dev.sluice.backend.PeakMeter;
import dev.sluice.graph.Layer;
import dev.sluice.plan.DeviceProfile;
import dev.sluice.plan.FormatRate;
import dev.sluice.plan.LinkProfile;
import dev.sluice.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Measures what a plan counts on: our own kernels as models run them, launches, and copies from and to the host. */
public final class DeviceProfiler {
    /** The tokens that a device must be opened for. */
    public static final int MOST_TOKENS = 128;

    private static final int[] USUAL_WIDTHS = {768, 2048};
    private static final Workloads.Heads USUAL_HEADS = new Workloads.Heads(16, 4, 64);
    private static final int TINY_BLOCKS = 24;
    private static final int ROUNDS = 5;
    /** About what a device rests while another computes its layers of a small model. */
    private static final long REST_NANOS = 3_000_000;

    private static final int RESTS = 31;

    /** What reading a cache takes at least of a step that does little else. */
    private static final double LEAST_SHARE = 0.3;

    private final Device device;
    private final Effort effort;
    private final Progress progress;

    /** Hears what is measured. */
    @FunctionalInterface
    public interface Progress {
        /** So much of so much. */
        void report(String what, int done, int total);
    }

    /**
     * How much is measured.
     *
     * @param bytes of weights that a step reads: far more than caches hold
     * @param depth positions that attention looks back on
     * @param watch how long
     * @param firstWarmNanos that the first runs do not count, with which the JVM compiles most of what the others need
     */
    record Effort(long bytes, int depth, Stopwatch watch, long firstWarmNanos) {
        static final Effort FULL = new Effort(192L << 20, 2048, new Stopwatch(60_000_000, 2, 5), 1_500_000_000);

        Effort withBetween(Runnable between) {
            return new Effort(bytes, depth, watch.withBetween(between), firstWarmNanos);
        }
    }

    private DeviceProfiler(Device device, Effort effort, Progress progress) {
        this.device = device;
        this.effort = effort;
        this.progress = progress;
    }

    /**
     * Measures a device; some seconds, with slow prompts two or three for each format.
     *
     * @param device opened for {@link #MOST_TOKENS} at least
     * @param subject what plans will be made for
     */
    public static DeviceProfile measure(Device device, Subject subject, Progress progress) {
        return measure(device, subject, Effort.FULL, progress);
    }

    /**
     * As {@link #measure(Device, Subject, Progress)}, in turns with something that is to see the same moments of a machine that others
     * use, too.
     *
     * @param between some dozens of times
     */
    public static DeviceProfile measure(Device device, Subject subject, Progress progress, Runnable between) {
        return measure(device, subject, Effort.FULL.withBetween(between), progress);
    }

    static DeviceProfile measure(Device device, Subject subject, Effort effort, Progress progress) {
        return new DeviceProfiler(device, effort, progress).measure(subject);
    }

    private DeviceProfile measure(Subject subject) {
        DeviceInfo info = device.info();
        int total = 3 + subject.formats().size() + subject.headFormats().size();
        int done = 0;
        progress.report("launches", done++, total);
        ProductRates.StepCost step = step();
        progress.report("attention", done++, total);
        Behind attention = attention(subject);
        ProductRates meter =
                new ProductRates(device, effort.watch(), effort.bytes(), MOST_TOKENS, step, attention.bytesPerSecond());
        Map<String, FormatRate> rates = new TreeMap<>();
        Map<String, FormatRate> heads = new TreeMap<>();
        double choice;
        try (RandomWeights templates = new RandomWeights()) {
            for (DType format : subject.formats()) {
                progress.report("blocks in " + format, done++, total);
                for (Layer block : blocks(subject, templates)) {
                    rates.merge(format.name(), meter.blocks(format, block), FormatRate::with);
                }
            }
            Layer head = subject.head();
            Layer one = head == null ? Heads.usual(templates, USUAL_WIDTHS[1]) : head;
            for (DType format : subject.headFormats()) {
                progress.report("heads in " + format, done++, total);
                heads.put(format.name(), meter.heads(format, one));
            }
            choice = meter.choice(subject.headFormats().iterator().next(), one);
        }
        progress.report("copies", done, total);
        return new DeviceProfile(
                info.id(),
                info.name(),
                info.kind(),
                device.availableBytes(),
                info.maxAllocationBytes(),
                info.kind() == DeviceInfo.Kind.CPU || device.sharesHostMemory(),
                rates,
                heads,
                choice,
                attention.bytesPerSecond(),
                attention.flops(),
                link(),
                step.launch(),
                step.hop(),
                step.restedHop());
    }

    private static List<Layer> blocks(Subject subject, RandomWeights templates) {
        Layer own = subject.block();
        if (own != null) {
            return List.of(own);
        }
        List<Layer> usual = new ArrayList<>();
        for (int width : USUAL_WIDTHS) {
            usual.add(Blocks.usual(templates, width));
        }
        return usual;
    }

    private ProductRates.StepCost step() {
        try (RandomWeights templates = new RandomWeights()) {
            Layer block = Blocks.tiny(templates);
            long bytes = TINY_BLOCKS * block.weightBytes();
            try (Workload tiny = Blocks.of(device, DType.Q4_0, block, bytes, 1, 0)) {
                int n = tiny.layers();
                Stopwatch.warm(() -> tiny.seconds(1, n), effort.firstWarmNanos());
                double[] seconds = effort.watch().seconds(List.of(() -> tiny.seconds(1, 1), () -> tiny.seconds(1, n)));
                double one = seconds[0];
                double launch = Math.max(0, (seconds[1] - one) / Math.max(1, n - 1));
                double hop = Math.max(0, one - launch);
                return new ProductRates.StepCost(hop, Math.max(hop, rested(tiny) - launch), launch);
            }
        }
    }

    /** Seconds of a visit before which the processor was busy with something else, as it is where another device computes. */
    private static double rested(Workload tiny) {
        double[] samples = new double[RESTS];
        try (Workload.Visit visit = tiny.newVisit()) {
            for (int i = 0; i < RESTS; i++) {
                long end = System.nanoTime() + REST_NANOS;
                while (System.nanoTime() < end) {
                    Thread.onSpinWait();
                }
                samples[i] = visit.seconds(1);
            }
        }
        return Samples.median(samples);
    }

    /** What attention reads behind a context, and what it computes there. */
    private record Behind(double bytesPerSecond, double flops) {}

    private Behind attention(Subject subject) {
        Workloads.Heads heads = subject.heads().orElse(USUAL_HEADS);
        try (Workload behind =
                Workloads.attention(device, heads, KvType.F16, effort.depth(), effort.bytes() / 3, MOST_TOKENS)) {
            int n = behind.layers();
            double[] seconds = effort.watch()
                    .seconds(List.of(
                            () -> behind.seconds(1, n),
                            () -> behind.secondsAt(0, 1, n),
                            () -> behind.seconds(MOST_TOKENS, n)));
            double cached = Math.max(LEAST_SHARE * seconds[0], seconds[0] - seconds[1]);
            return new Behind(behind.cacheBytes(n) / cached, behind.flops(MOST_TOKENS, n) / seconds[2]);
        }
    }

    private @Nullable LinkProfile link() {
        PeakMeter meter = device.newPeakMeter().orElse(null);
        if (meter == null) {
            return device.info().kind() == DeviceInfo.Kind.CPU ? null : SlotCopies.measure(device, effort.watch());
        }
        try (meter) {
            List<DevicePeaks.Transfers> samples = new ArrayList<>();
            for (int i = 0; i < ROUNDS; i++) {
                samples.add(meter.transfers());
            }
            return new LinkProfile(
                    median(samples, DevicePeaks.Transfers::toDevicePinned),
                    median(samples, DevicePeaks.Transfers::toDeviceComputing),
                    median(samples, DevicePeaks.Transfers::toDevicePageable),
                    median(samples, DevicePeaks.Transfers::toDeviceMapped),
                    median(samples, DevicePeaks.Transfers::fromDevicePinned));
        }
    }

    private static double median(List<DevicePeaks.Transfers> samples, ToDoubleFunction<DevicePeaks.Transfers> what) {
        return Samples.median(samples.stream().mapToDouble(what).toArray());
    }
}
