package dev.sluice.backend.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.DevicePeaks;
import dev.sluice.backend.PeakMeter;
import dev.sluice.opencl.LiveObjects;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PeakMeterTest {
    private static final long BYTES = 4 << 20;

    static Stream<OpenClRuns.Variant> variants() {
        return OpenClRuns.variants();
    }

    @Tag("slow")
    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void peaksArePlausible(OpenClRuns.Variant variant) {
        try (OpenClDevice device = variant.open();
                PeakMeter meter = new OpenClPeakMeter(device, BYTES)) {
            DevicePeaks peaks = DevicePeaks.measure(meter, 1);
            DevicePeaks.Transfers transfers = peaks.transfers();
            DoubleStream.of(
                            peaks.readBytesPerSecond(),
                            peaks.copyBytesPerSecond(),
                            peaks.flopsPerSecond(),
                            peaks.launchSeconds(),
                            peaks.roundTripSeconds(),
                            transfers.toDevicePinned(),
                            transfers.toDeviceComputing(),
                            transfers.toDevicePageable(),
                            transfers.toDeviceMapped(),
                            transfers.fromDevicePinned(),
                            transfers.fromDevicePageable())
                    .forEach(value -> assertTrue(Double.isFinite(value) && value > 0, peaks.toString()));
            // Reading and copying move bytes over the same wires.
            double ratio = peaks.readBytesPerSecond() / peaks.copyBytesPerSecond();
            assertTrue(ratio > 0.1 && ratio < 10, peaks.toString());
            // Not even a simulator takes a second for nothing, and no device less than a nanosecond.
            assertTrue(peaks.launchSeconds() > 1e-9 && peaks.roundTripSeconds() < 1, peaks.toString());
            assertTrue(peaks.flopsPerSecond() < 1e16 && peaks.readBytesPerSecond() < 1e14, peaks.toString());
        }
    }

    /** In one shape: the kernels make no difference. */
    static Stream<OpenClRuns.Variant> devices() {
        return variants().filter(variant -> variant.shape().equals("wide"));
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("devices")
    void aMeterGivesBackWhatItTook(OpenClRuns.Variant variant) {
        try (OpenClDevice device = variant.open()) {
            long free = device.availableBytes();
            new OpenClPeakMeter(device, BYTES).close(); // its programs stay
            long objects = LiveObjects.count();
            try (PeakMeter meter = new OpenClPeakMeter(device, BYTES)) {
                assertTrue(device.availableBytes() < free);
                meter.transfers();
            }
            assertEquals(free, device.availableBytes());
            assertEquals(
                    objects, LiveObjects.count(), () -> LiveObjects.snapshot().toString());
        }
    }
}
