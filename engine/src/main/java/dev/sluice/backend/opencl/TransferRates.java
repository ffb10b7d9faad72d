package dev.sluice.backend.opencl;

import dev.sluice.backend.DevicePeaks;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.MapMode;
import dev.sluice.opencl.Mapping;
import dev.sluice.opencl.Queue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/** How fast bytes go from the host to a device and back. */
final class TransferRates {
    /** What an upload's pieces are like: far more than what is paid for each. */
    private static final long BYTES = 32L << 20;

    private TransferRates() {}

    /** Copies to and from a part of a device's buffer, which is overwritten. */
    static DevicePeaks.Transfers measure(OpenClDevice device, Buffer memory) {
        long bytes = Math.min(BYTES, memory.byteSize());
        double[] pinned = new double[2];
        double[] pageable = new double[2];
        try (Arena arena = Arena.ofShared();
                Buffer host = device.newHostBuffer(bytes)) {
            device.exclusively(queue -> {
                try (Mapping mapping = queue.map(host, MapMode.READ_WRITE, 0, bytes)) {
                    bothWays(queue, memory, mapping.segment(), pinned);
                }
                queue.finish();
                bothWays(queue, memory, arena.allocate(bytes, 4096), pageable);
            });
        }
        return new DevicePeaks.Transfers(pinned[0], pageable[0], pinned[1], pageable[1]);
    }

    /** Bytes per second to the device and back, of the second time that a piece of memory goes there. */
    private static void bothWays(Queue queue, Buffer memory, MemorySegment host, double[] rates) {
        host.fill((byte) 1);
        for (int i = 0; i < 2; i++) {
            rates[0] = rate(queue, host.byteSize(), q -> q.write(memory, 0, host));
            rates[1] = rate(queue, host.byteSize(), q -> q.read(memory, 0, host));
        }
    }

    private static double rate(Queue queue, long bytes, Consumer<Queue> copy) {
        long started = System.nanoTime();
        copy.accept(queue);
        queue.finish();
        return bytes * 1e9 / Math.max(1, System.nanoTime() - started);
    }
}
