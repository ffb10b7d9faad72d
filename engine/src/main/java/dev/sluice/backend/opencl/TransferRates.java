package dev.sluice.backend.opencl;

import dev.sluice.backend.DevicePeaks;
import dev.sluice.error.SluiceException;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.BufferFlag;
import dev.sluice.opencl.MapMode;
import dev.sluice.opencl.Mapping;
import dev.sluice.opencl.Queue;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;

/** How fast bytes go from the host to a device and back. */
final class TransferRates {
    /** What an upload's pieces are like: far more than what is paid for each. */
    private static final long BYTES = 32L << 20;

    private final OpenClDevice device;
    private final Buffer target;
    private final long bytes;

    /**
     * Copies to and from a part of a device's buffer, which is overwritten.
     *
     * @param target is not read by kernels
     */
    TransferRates(OpenClDevice device, Buffer target) {
        this.device = device;
        this.target = target;
        bytes = Math.min(BYTES, target.byteSize());
    }

    /**
     * Measures.
     *
     * @param compute queues kernels that read the device's memory, for so many seconds
     */
    DevicePeaks.Transfers measure(Computation compute) {
        double[] pinned = new double[2];
        double[] pageable = new double[2];
        double[] mapped = new double[2];
        double[] computing = new double[1];
        try (Arena arena = Arena.ofShared();
                Buffer host = target.context().newBuffer(bytes, BufferFlag.HOST_ALLOCATED)) {
            MemorySegment ofFile = mappedFile(arena);
            device.exclusively(queue -> {
                try (Mapping mapping = queue.map(host, MapMode.READ_WRITE, 0, bytes)) {
                    mapping.segment().fill((byte) 1);
                    bothWays(queue, mapping.segment(), pinned);
                    computing[0] = whileComputing(queue, mapping.segment(), compute, bytes / pinned[0]);
                }
                queue.finish();
                MemorySegment ordinary = arena.allocate(bytes, 4096);
                ordinary.fill((byte) 1);
                bothWays(queue, ordinary, pageable);
                for (int i = 0; i < 2; i++) {
                    mapped[0] = rate(queue, q -> q.write(target, 0, ofFile));
                }
            });
        }
        return new DevicePeaks.Transfers(pinned[0], computing[0], pageable[0], mapped[0], pinned[1], pageable[1]);
    }

    /** Has a device compute. */
    @FunctionalInterface
    interface Computation {
        /** Queues so many seconds of work. */
        void queue(Queue queue, double seconds);
    }

    /** A file's pages, all of them in the page cache and known to the process. */
    private MemorySegment mappedFile(Arena arena) {
        try {
            Path file = Files.createTempFile("sluice-copy", ".bin");
            try {
                Files.write(file, new byte[Math.toIntExact(bytes)]);
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                    MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena);
                    mapped.load();
                    return mapped;
                }
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new SluiceException(
                    "copies from a mapped file cannot be measured, because no temporary file could be written: " + e,
                    e);
        }
    }

    /** Bytes per second to the device and back, of the second time that a piece of memory goes there. */
    private void bothWays(Queue queue, MemorySegment host, double[] rates) {
        for (int i = 0; i < 2; i++) {
            rates[0] = rate(queue, q -> q.write(target, 0, host));
            rates[1] = rate(queue, q -> q.read(target, 0, host));
        }
    }

    private double rate(Queue queue, Consumer<Queue> copy) {
        long started = System.nanoTime();
        copy.accept(queue);
        queue.finish();
        return bytes * 1e9 / Math.max(1, System.nanoTime() - started);
    }

    /**
     * Bytes per second through a second queue, while the first computes for as long as the copy would take alone: where
     * the two take turns, they take twice as long.
     */
    private double whileComputing(Queue queue, MemorySegment host, Computation compute, double alone) {
        try (Queue copies = queue.context().newQueue(queue.device())) {
            compute.queue(queue, alone);
            queue.flush();
            double rate = rate(copies, q -> q.write(target, 0, host));
            queue.finish();
            return rate;
        }
    }
}
