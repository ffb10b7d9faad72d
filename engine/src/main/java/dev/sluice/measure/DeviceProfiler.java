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

    /** Together far more than caches hold. */
    private static final long BYTES = 96L << 20;

    private static final int EMBEDDING = 2048;
    private static final int HIDDEN = 4096;
    private static final int[] FEW = {1, 4, 16};
    private static final int BLOCKS = 24;
    private static final int DEPTH = 4096;
    private static final int ROUNDS = 5;
    private static final double LEAST_SECONDS = 0.1;
    private static final long WARM_NANOS = 200_000_000;
    private static final long FIRST_WARM_NANOS = 2_000_000_000;

    private final Device device;

    private DeviceProfiler(Device device) {
        this.device = device;
    }

    /**
     * Measures a device; some seconds, a second or so for each format.
     *
     * @param device opened for {@link #MOST_TOKENS} at least
     * @param formats weight formats that plans will be made for
     */
    public static DeviceProfile measure(Device device, Collection<DType> formats) {
        return new DeviceProfiler(device).measure(formats);
    }

    private DeviceProfile measure(Collection<DType> formats) {
        DeviceInfo info = device.info();
        double step;
        double launch;
        try (Workload tiny = TinyBlocks.of(device, BLOCKS)) {
            warm(tiny, 1, BLOCKS, FIRST_WARM_NANOS);
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
        try (Workload behind = Workloads.attention(device, heads, KvType.F16, DEPTH, BYTES, MOST_TOKENS)) {
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
        try (Workload work = Workloads.feedForward(device, format, EMBEDDING, HIDDEN, BYTES, MOST_TOKENS)) {
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

    private static double seconds(Workload work, int tokens, int layers) {
        warm(work, tokens, layers, WARM_NANOS);
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
