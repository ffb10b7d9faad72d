package dev.sluice.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What a device reaches at best, measured by a {@link PeakMeter}.
 *
 * @param readBytesPerSecond of a kernel that only reads
 * @param copyBytesPerSecond of a kernel that copies, bytes read and bytes written
 * @param flopsPerSecond of multiply-adds in registers, in f32
 * @param launchSeconds of one launch among many that wait in the queue
 * @param roundTripSeconds of a launch and the wait for it
 * @param transfers between host and device
 */
public record DevicePeaks(
        double readBytesPerSecond,
        double copyBytesPerSecond,
        double flopsPerSecond,
        double launchSeconds,
        double roundTripSeconds,
        Transfers transfers) {
    /**
     * Bytes per second of copies between host and device.
     *
     * @param toDevicePinned from memory that the driver has pinned
     * @param toDeviceComputing the same while the device computes for as long as the copy takes alone
     * @param toDevicePageable from memory of the process like any other
     * @param toDeviceMapped from a mapped file that is in the page cache
     * @param fromDevicePinned to memory that the driver has pinned
     * @param fromDevicePageable to memory like any other
     */
    public record Transfers(
            double toDevicePinned,
            double toDeviceComputing,
            double toDevicePageable,
            double toDeviceMapped,
            double fromDevicePinned,
            double fromDevicePageable) {}

    /**
     * Measures; the median of each kind of sample. Reading and arithmetic come in turn, because on a shared machine all of
     * them change from one second to the next.
     *
     * @param rounds how many samples of each, at least one
     */
    public static DevicePeaks measure(PeakMeter meter, int rounds) {
        List<DevicePeaks> samples = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            samples.add(new DevicePeaks(
                    meter.readBytesPerSecond(),
                    meter.copyBytesPerSecond(),
                    meter.flopsPerSecond(),
                    meter.launchSeconds(),
                    meter.roundTripSeconds(),
                    meter.transfers()));
        }
        return new DevicePeaks(
                median(samples, DevicePeaks::readBytesPerSecond),
                median(samples, DevicePeaks::copyBytesPerSecond),
                median(samples, DevicePeaks::flopsPerSecond),
                median(samples, DevicePeaks::launchSeconds),
                median(samples, DevicePeaks::roundTripSeconds),
                new Transfers(
                        median(samples, s -> s.transfers.toDevicePinned()),
                        median(samples, s -> s.transfers.toDeviceComputing()),
                        median(samples, s -> s.transfers.toDevicePageable()),
                        median(samples, s -> s.transfers.toDeviceMapped()),
                        median(samples, s -> s.transfers.fromDevicePinned()),
                        median(samples, s -> s.transfers.fromDevicePageable())));
    }

    private static double median(List<DevicePeaks> samples, ToDoubleFunction<DevicePeaks> what) {
        double[] sorted = samples.stream().mapToDouble(what).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    /** Bytes per second of the better of the two kernels that do nothing but move memory. */
    public double bestBytesPerSecond() {
        return Math.max(readBytesPerSecond, copyBytesPerSecond);
    }
}
