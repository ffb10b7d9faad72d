package dev.sluice.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Measures how fast threads read memory: each sums its share of a buffer much larger than the caches. Plain loads suffice
 * for that; with wider ones the same figures were measured. Closing it frees the buffer.
 */
public final class ReadBandwidth implements AutoCloseable {
    /** Sixteen times a large last-level cache, so that next to nothing is found there again. */
    private static final long MOST_BYTES = 512L << 20;

    private static final long PIECE = 1L << 20;
    /** The first pass runs interpreted, the second in code that was compiled while it ran. */
    private static final int WARM_UPS = 3;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer;
    private final int threads;
    /** Keeps the loop from being optimised away. */
    @SuppressWarnings("UnusedVariable")
    private volatile long checksum;

    /**
     * What was measured.
     *
     * @param rates bytes per second of each pass, rising
     */
    public record Sample(List<Double> rates) {
        public Sample {
            rates = rates.stream().sorted().toList();
        }

        /** Bytes per second of the fastest pass. */
        public double best() {
            return rates.getLast();
        }

        /** Bytes per second of the pass in the middle. */
        public double median() {
            return rates.get(rates.size() / 2);
        }

        /** Both samples' passes as one sample. */
        public Sample with(Sample other) {
            return new Sample(
                    Stream.concat(rates.stream(), other.rates.stream()).toList());
        }
    }

    /**
     * @param threads how many read at once
     * @param memory bytes of memory that the machine has: a small part of it is taken
     */
    public ReadBandwidth(int threads, long memory) {
        this.threads = threads;
        long share = Math.min(MOST_BYTES, memory / 16) / threads / PIECE * PIECE;
        // Zeroed, and thereby backed by pages of its own.
        buffer = arena.allocate(Math.max(PIECE, share) * threads, 64);
        sample(WARM_UPS);
    }

    /** Threads that read at once. */
    public int threads() {
        return threads;
    }

    /** Reads the whole buffer so many times. */
    public Sample sample(int passes) {
        List<Double> rates = new ArrayList<>(passes);
        for (int i = 0; i < passes; i++) {
            rates.add(buffer.byteSize() * 1e9 / pass());
        }
        return new Sample(rates);
    }

    /** Nanoseconds from the first thread's start to the last one's end. */
    private long pass() {
        long share = buffer.byteSize() / threads;
        long[] started = new long[threads];
        long[] ended = new long[threads];
        AtomicInteger ready = new AtomicInteger();
        Thread[] readers = new Thread[threads];
        for (int i = 0; i < threads; i++) {
            int reader = i;
            readers[i] = Thread.ofPlatform().name("bandwidth-" + i).start(() -> {
                ready.incrementAndGet();
                while (ready.get() < threads) {
                    Thread.onSpinWait();
                }
                started[reader] = System.nanoTime();
                long sum = 0;
                for (long from = reader * share; from < (reader + 1) * share; from += PIECE) {
                    sum += sum(buffer, from, from + PIECE);
                }
                ended[reader] = System.nanoTime();
                checksum = sum;
            });
        }
        try {
            for (Thread reader : readers) {
                reader.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the bandwidth was measured", e);
        }
        return Math.max(
                1,
                Arrays.stream(ended).max().orElseThrow()
                        - Arrays.stream(started).min().orElseThrow());
    }

    /** Four sums, so that no addition waits for the one before it. */
    private static long sum(MemorySegment from, long begin, long end) {
        long a = 0;
        long b = 0;
        long c = 0;
        long d = 0;
        for (long at = begin; at < end; at += 4 * Long.BYTES) {
            a += from.get(ValueLayout.JAVA_LONG, at);
            b += from.get(ValueLayout.JAVA_LONG, at + Long.BYTES);
            c += from.get(ValueLayout.JAVA_LONG, at + 2 * Long.BYTES);
            d += from.get(ValueLayout.JAVA_LONG, at + 3 * Long.BYTES);
        }
        return a + b + c + d;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
