package dev.sluice.check;

import dev.sluice.backend.Device;
import dev.sluice.backend.PeakMeter;
import dev.sluice.bench.ReadBandwidth;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleSupplier;
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

    /** Samples of bytes per second: of a kernel that reads, of one that copies. The better is what counts. */
    List<DoubleSupplier> memory() {
        PeakMeter own = meter;
        if (own != null) {
            return List.of(own::readBytesPerSecond, own::copyBytesPerSecond);
        }
        ReadBandwidth readers = threads;
        return readers == null ? List.of() : List.of(() -> readers.sample(1).best());
    }

    /** Samples of floating-point operations per second; none where the device cannot tell. */
    List<DoubleSupplier> arithmetic() {
        PeakMeter own = meter;
        return own == null ? List.of() : List.of(own::flopsPerSecond);
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
