package dev.sluice.measure;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DevicePeaks;
import dev.sluice.backend.KvType;
import dev.sluice.backend.PeakMeter;
import dev.sluice.plan.DeviceProfile;
import dev.sluice.plan.FormatRate;
import dev.sluice.plan.LinkProfile;
import dev.sluice.plan.RatePoint;
import dev.sluice.tensor.DType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Measures what a plan counts on: our own kernels in the shapes of a model, launches, and copies from and to the host. */
public final class DeviceProfiler {
    /** The tokens that a device must be opened for. */
    public static final int MOST_TOKENS = 128;

    private static final int EMBEDDING = 2048;
    private static final int HIDDEN = 4096;
    private static final int[] FEW = {1, 4, 16};
    private static final int BLOCKS = 24;
    private static final int ROUNDS = 5;
    private static final double LEAST_SECONDS = 0.1;

    private final Device device;
    private final Effort effort;

    /**
     * How much is measured.
     *
     * @param bytes of weights, or of KV caches, that a step reads: far more than caches hold
     * @param depth positions that attention looks back on
     * @param warmNanos that each kernel runs before it counts
     * @param firstWarmNanos the same for the first, with which the JVM compiles most of what the others need
     */
    record Effort(long bytes, int depth, long warmNanos, long firstWarmNanos) {
        static final Effort FULL = new Effort(256L << 20, 4096, 200_000_000, 2_000_000_000);
    }

    private DeviceProfiler(Device device, Effort effort) {
        this.device = device;
        this.effort = effort;
    }

    /**
     * Measures a device; some seconds, a second or so for each format.
     *
     * @param device opened for {@link #MOST_TOKENS} at least
     * @param formats weight formats that plans will be made for
     */
    public static DeviceProfile measure(Device device, Collection<DType> formats) {
        return measure(device, formats, Effort.FULL);
    }

    static DeviceProfile measure(Device device, Collection<DType> formats, Effort effort) {
        return new DeviceProfiler(device, effort).measure(formats);
    }

    private DeviceProfile measure(Collection<DType> formats) {
        DeviceInfo info = device.info();
        double step;
        double launch;
        try (Workload tiny = TinyBlocks.of(device, BLOCKS)) {
            warm(tiny, 1, BLOCKS, effort.firstWarmNanos());
            double one = seconds(tiny, 1, 1);
            launch = Math.max(0, (seconds(tiny, 1, BLOCKS) - one) / (BLOCKS - 1));
            step = Math.max(0, one - launch);
        }
        Map<String, FormatRate> rates = new TreeMap<>();
        for (DType format : formats) {
            rates.put(format.name(), rate(format, step));
        }
        Workloads.Heads heads = new Workloads.Heads(16, 4, 64);
        double kv;
        double attention;
        try (Workload behind =
                Workloads.attention(device, heads, KvType.F16, effort.depth(), effort.bytes(), MOST_TOKENS)) {
            int n = behind.layers();
            // An attention layer is about a third of a block's launches, and those a block counts already.
            kv = behind.bytes(n) / Math.max(1e-9, seconds(behind, 1, n) - step - n * launch / 3);
            attention = behind.flops(MOST_TOKENS, n) / seconds(behind, MOST_TOKENS, n);
        }
        return new DeviceProfile(
                info.id(),
                info.name(),
                info.kind(),
                device.availableBytes(),
                info.maxAllocationBytes(),
                info.kind() == DeviceInfo.Kind.CPU,
                rates,
                kv,
                attention,
                link(),
                launch,
                step);
    }

    private FormatRate rate(DType format, double step) {
        try (Workload work = Workloads.feedForward(device, format, EMBEDDING, HIDDEN, effort.bytes(), MOST_TOKENS)) {
            int n = work.layers();
            List<RatePoint> points = new ArrayList<>();
            for (int tokens : FEW) {
                points.add(new RatePoint(tokens, work.bytes(n) / Math.max(1e-9, seconds(work, tokens, n) - step)));
            }
            return new FormatRate(points, work.flops(MOST_TOKENS, n) / seconds(work, MOST_TOKENS, n));
        }
    }

    private @Nullable LinkProfile link() {
        PeakMeter meter = device.newPeakMeter().orElse(null);
        if (meter == null) {
            return null;
        }
        try (meter) {
            List<DevicePeaks.Transfers> samples = new ArrayList<>();
            for (int i = 0; i < ROUNDS; i++) {
                samples.add(meter.transfers());
            }
            double pinned = median(samples.stream()
                    .mapToDouble(DevicePeaks.Transfers::toDevicePinned)
                    .toArray());
            double pageable = median(samples.stream()
                    .mapToDouble(DevicePeaks.Transfers::toDevicePageable)
                    .toArray());
            double back = median(samples.stream()
                    .mapToDouble(DevicePeaks.Transfers::fromDevicePinned)
                    .toArray());
            return new LinkProfile(pinned, pinned, pageable, pageable, back);
        }
    }

    private static double median(double[] samples) {
        return Samples.median(samples);
    }

    private double seconds(Workload work, int tokens, int layers) {
        warm(work, tokens, layers, effort.warmNanos());
        List<Double> samples = new ArrayList<>();
        double total = 0;
        while (samples.size() < ROUNDS || total < LEAST_SECONDS) {
            double taken = work.seconds(tokens, layers);
            samples.add(taken);
            total += taken;
        }
        return Samples.median(samples.stream().mapToDouble(Double::doubleValue).toArray());
    }

    /** The JVM compiles what runs often; only what runs compiled is of interest. */
    private static void warm(Workload work, int tokens, int layers, long nanos) {
        long started = System.nanoTime();
        do {
            work.seconds(tokens, layers);
        } while (System.nanoTime() - started < nanos);
    }
}
