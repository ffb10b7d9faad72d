package dev.sluice.backend.opencl;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DevicePeaks;
import dev.sluice.backend.PeakMeter;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.NDRange;
import dev.sluice.opencl.Queue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * {@code peak_*.cl}: what a device reaches at best. Of each kernel the shape that was fastest at first is taken from then
 * on. On CPU runtimes the copies between host and device are copies within one memory.
 */
final class OpenClPeakMeter implements PeakMeter {
    /** Eight times the caches of a large processor, of which next to nothing is then found there again. */
    private static final long MOST_HOST_BYTES = 512L << 20;
    /** GPUs have larger caches, and read so much in a few milliseconds. */
    private static final long MOST_BYTES = 2L << 30;

    /** A sample lasts as long at least, so that beginning and ending it do not count. */
    private static final long LEAST_NANOS = 10_000_000;

    private static final int MOST_LAUNCHES = 1 << 14;
    private static final int ROUND_TRIPS = 50;
    /** Vectors that a work-item reads at a time. */
    private static final int UNROLLED = 4;

    private final OpenClDevice device;
    private final int items;
    private final int group;
    private final int each;
    private final long wordBytes;
    private final Buffer memory;
    private final Buffer copied;
    private final Buffer sums;
    private final List<Buffer> buffers = new ArrayList<>();
    private final List<BoundKernel> kernels = new ArrayList<>();
    private final BoundKernel launch;
    private final Job read;
    private final Job copy;
    private final Job multiplyAdd;

    /** A kernel that is launched several times for a sample, and how much one launch does. */
    private record Job(Consumer<Queue> launch, int launches, double work) {}

    /**
     * Makes its kernels and takes its memory.
     *
     * @param mostBytes to take
     */
    OpenClPeakMeter(OpenClDevice device, long mostBytes) {
        this.device = device;
        boolean wide = device.tuning().lanes() > 1;
        group = PeakKernels.items(device.tuning());
        items = device.limits().computeUnits() * (wide ? 16 : 32 * group);
        wordBytes = wide ? 64 : 16;
        long unit = items * wordBytes * UNROLLED;
        long room = Math.min(
                MOST_BYTES, Math.min(device.availableBytes() / 8, device.info().maxAllocationBytes()));
        each = Math.toIntExact(Math.max(1, room / 2 / unit)) * UNROLLED;
        try {
            memory = buffer(bytes());
            copied = buffer(bytes());
            sums = buffer((long) Float.BYTES * items);
            // Pages that were never written may all be one and the same.
            device.exclusively(queue -> {
                queue.fill(memory, 0, memory.byteSize(), 0x3f800000);
                queue.fill(copied, 0, copied.byteSize(), 0x3f800000);
                queue.finish();
            });
            launch = bind(PeakKernels.launch());
            read = best(
                    PeakKernels.read(device.tuning()).stream().map(this::read).toList());
            copy = best(
                    PeakKernels.copy(device.tuning()).stream().map(this::copy).toList());
            multiplyAdd = best(PeakKernels.multiplyAdd(device.tuning()).stream()
                    .map(this::multiplyAdd)
                    .toList());
        } catch (RuntimeException e) {
            kernels.forEach(BoundKernel::close);
            buffers.forEach(device::free);
            throw e;
        }
    }

    static OpenClPeakMeter of(OpenClDevice device) {
        return new OpenClPeakMeter(device, device.info().kind() == DeviceInfo.Kind.CPU ? MOST_HOST_BYTES : MOST_BYTES);
    }

    private long bytes() {
        return items * wordBytes * each;
    }

    private Buffer buffer(long bytes) {
        Buffer buffer = device.newBuffer(bytes, "a measurement of the memory");
        buffers.add(buffer);
        return buffer;
    }

    private BoundKernel bind(ProgramSpec spec) {
        BoundKernel kernel = device.bind(spec);
        kernels.add(kernel);
        return kernel;
    }

    private NDRange range() {
        return NDRange.of(items).local(group);
    }

    private Job read(ProgramSpec spec) {
        BoundKernel kernel = bind(spec);
        return calibrated(
                queue -> kernel.args().buffer(memory).i32(each).buffer(sums).launch(queue, range()), 1.0 * bytes());
    }

    private Job copy(ProgramSpec spec) {
        BoundKernel kernel = bind(spec);
        return calibrated(
                queue -> kernel.args().buffer(memory).i32(each).buffer(copied).launch(queue, range()), 2.0 * bytes());
    }

    private Job multiplyAdd(ProgramSpec spec) {
        BoundKernel kernel = bind(spec);
        int width = Integer.parseInt(spec.macros().getOrDefault("WIDTH", "1"));
        int steps = 1 << 5;
        Job job;
        do { // long launches, so that little of a sample is their beginnings and ends
            steps *= 2;
            int now = steps;
            job = new Job(
                    queue -> kernel.args()
                            .f32(0.5f)
                            .f32(0.5f)
                            .i32(now)
                            .buffer(sums)
                            .launch(queue, range()),
                    1,
                    24.0 * width * steps * items);
            nanos(job);
        } while (nanos(job) < LEAST_NANOS && steps < 1 << 20);
        return job;
    }

    /** As many launches as make a sample long enough. */
    private Job calibrated(Consumer<Queue> kernel, double work) {
        Job once = new Job(kernel, 1, work);
        nanos(once);
        return new Job(kernel, Math.clamp(LEAST_NANOS / Math.max(1, nanos(once)) + 1, 1, MOST_LAUNCHES), work);
    }

    private Job best(List<Job> jobs) {
        Job best = jobs.getFirst();
        double most = 0;
        for (Job job : jobs) {
            double rate = Math.max(rate(job), rate(job));
            if (rate > most) {
                most = rate;
                best = job;
            }
        }
        return best;
    }

    private double rate(Job job) {
        return job.work() * job.launches() * 1e9 / nanos(job);
    }

    private long nanos(Job job) {
        return timed(queue -> {
            for (int i = 0; i < job.launches(); i++) {
                job.launch().accept(queue);
            }
        });
    }

    /** Nanoseconds that something takes in an idle queue until the device is done with it. */
    private long timed(Consumer<Queue> work) {
        long[] nanos = new long[1];
        device.exclusively(queue -> {
            queue.finish();
            long started = System.nanoTime();
            work.accept(queue);
            queue.finish();
            nanos[0] = Math.max(1, System.nanoTime() - started);
        });
        return nanos[0];
    }

    @Override
    public double readBytesPerSecond() {
        return rate(read);
    }

    @Override
    public double copyBytesPerSecond() {
        return rate(copy);
    }

    @Override
    public double flopsPerSecond() {
        return rate(multiplyAdd);
    }

    private void launchNothing(Queue queue) {
        launch.args().buffer(sums).launch(queue, NDRange.of(group).local(group));
    }

    @Override
    public double launchSeconds() {
        int launches = 64;
        long nanos;
        do {
            launches *= 2;
            int now = launches;
            nanos = timed(queue -> {
                for (int i = 0; i < now; i++) {
                    launchNothing(queue);
                }
            });
        } while (nanos < LEAST_NANOS && launches < MOST_LAUNCHES);
        return 1e-9 * nanos / launches;
    }

    @Override
    public double roundTripSeconds() {
        long[] nanos = new long[ROUND_TRIPS];
        for (int i = 0; i < ROUND_TRIPS; i++) {
            nanos[i] = timed(this::launchNothing);
        }
        Arrays.sort(nanos);
        return 1e-9 * nanos[ROUND_TRIPS / 2];
    }

    @Override
    public DevicePeaks.Transfers transfers() {
        double once = read.work() / rate(read);
        return new TransferRates(device, copied).measure((queue, seconds) -> {
            for (int i = 0; i < Math.ceil(seconds / once); i++) {
                read.launch().accept(queue);
            }
        });
    }

    @Override
    public void close() {
        kernels.forEach(BoundKernel::close);
        kernels.clear();
        buffers.forEach(device::free);
    }
}
