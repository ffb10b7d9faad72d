package dev.sluice.check;

import dev.sluice.backend.Device;
import dev.sluice.backend.PeakMeter;
import dev.sluice.bench.ReadBandwidth;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** What kernels are measured by: the device's own peaks, or where it cannot tell, how fast the CPU's threads read. */
final class Yardstick implements AutoCloseable {
    private final @Nullable PeakMeter meter;
    private final @Nullable ReadBandwidth threads;

    private Yardstick(@Nullable PeakMeter meter, @Nullable ReadBandwidth threads) {
        this.meter = meter;
        this.threads = threads;
    }

    static Yardstick of(Device device) {
        PeakMeter meter = device.newPeakMeter().orElse(null);
        if (meter != null) {
            return new Yardstick(meter, null);
        }
        int own = Runtime.getRuntime().availableProcessors();
        int cores = Integer.parseInt(device.info().details().getOrDefault("cores", "" + own));
        return new Yardstick(null, new ReadBandwidth(cores, device.info().memoryBytes()));
    }

    Optional<PeakMeter> meter() {
        return Optional.ofNullable(meter);
    }

    /** Bytes per second of the better of a kernel that reads and one that copies. */
    double bytesPerSecond() {
        if (meter != null) {
            return Math.max(meter.readBytesPerSecond(), meter.copyBytesPerSecond());
        }
        return threads == null ? Double.NaN : threads.sample(1).best();
    }

    /** Floating-point operations per second, where the device can tell. */
    OptionalDouble flopsPerSecond() {
        return meter == null ? OptionalDouble.empty() : OptionalDouble.of(meter.flopsPerSecond());
    }

    @Override
    public void close() {
        if (meter != null) {
            meter.close();
        }
        if (threads != null) {
            threads.close();
        }
    }
}
