package dev.sluice.benches;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * What the CPU reaches at best, measured in the benchmark's own run: bytes read per second by a loop that does nothing
 * else, and 32-bit floating-point operations per second of a loop of multiply-adds in registers. Kernels that multiply
 * bytes with integer instructions may pass the latter.
 *
 * @param readRate gigabytes (10^9 bytes) per second
 * @param floatRate 10^9 operations per second
 */
record Peaks(double readRate, double floatRate) {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    /** Floats that each thread reads: more than caches hold. */
    private static final int FLOATS = 32 << 20;

    private static final int ROUNDS = 6;
    private static final int STEPS = 20_000_000;

    /** @param threads 0 for one per processor */
    static Peaks measure(int threads) {
        int count = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
        List<float[]> data = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            data.add(new float[FLOATS]);
        }
        double best = 0;
        double fastest = 0;
        for (int round = 0; round < ROUNDS; round++) {
            double bytes = 4.0 * FLOATS * count;
            best = Math.max(best, 1e-9 * bytes / seconds(count, i -> sum(data.get(i))));
            double operations = 2.0 * 12 * SPECIES.length() * STEPS * count;
            fastest = Math.max(fastest, 1e-9 * operations / seconds(count, i -> multiplyAdd()));
        }
        System.out.printf("peaks: %.1f GB/s read, %.0f GFLOP/s (f32), %d threads%n", best, fastest, count);
        return new Peaks(best, fastest);
    }

    /** What one thread does; the result is used, so that it is done. */
    @FunctionalInterface
    private interface Work {
        float run(int thread);
    }

    /** Seconds from a common start until the last thread is done. */
    private static double seconds(int count, Work work) {
        long[] times = new long[2];
        CyclicBarrier start = new CyclicBarrier(count, () -> times[0] = System.nanoTime());
        CyclicBarrier end = new CyclicBarrier(count, () -> times[1] = System.nanoTime());
        float[] results = new float[count];
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            threads.add(Thread.ofPlatform().start(() -> {
                await(start);
                results[number] = work.run(number);
                await(end);
            }));
        }
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted while measuring", e);
        }
        if (Float.isNaN(results[0])) {
            throw new IllegalStateException("the loops computed nonsense");
        }
        return 1e-9 * (times[1] - times[0]);
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException("interrupted while measuring", e);
        }
    }

    private static float sum(float[] data) {
        FloatVector a = FloatVector.zero(SPECIES);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        int lanes = SPECIES.length();
        for (int i = 0; i < data.length; i += 4 * lanes) {
            a = a.add(FloatVector.fromArray(SPECIES, data, i));
            b = b.add(FloatVector.fromArray(SPECIES, data, i + lanes));
            c = c.add(FloatVector.fromArray(SPECIES, data, i + 2 * lanes));
            d = d.add(FloatVector.fromArray(SPECIES, data, i + 3 * lanes));
        }
        return a.add(b).add(c.add(d)).lane(0);
    }

    /** Twelve independent chains: more than two units of four cycles' latency need. */
    private static float multiplyAdd() {
        FloatVector x = FloatVector.broadcast(SPECIES, 0.5f);
        FloatVector a0 = x;
        FloatVector a1 = x;
        FloatVector a2 = x;
        FloatVector a3 = x;
        FloatVector a4 = x;
        FloatVector a5 = x;
        FloatVector a6 = x;
        FloatVector a7 = x;
        FloatVector a8 = x;
        FloatVector a9 = x;
        FloatVector a10 = x;
        FloatVector a11 = x;
        for (int i = 0; i < STEPS; i++) {
            a0 = a0.fma(x, x);
            a1 = a1.fma(x, x);
            a2 = a2.fma(x, x);
            a3 = a3.fma(x, x);
            a4 = a4.fma(x, x);
            a5 = a5.fma(x, x);
            a6 = a6.fma(x, x);
            a7 = a7.fma(x, x);
            a8 = a8.fma(x, x);
            a9 = a9.fma(x, x);
            a10 = a10.fma(x, x);
            a11 = a11.fma(x, x);
        }
        FloatVector sum = a0.add(a1).add(a2).add(a3).add(a4).add(a5);
        return sum.add(a6).add(a7).add(a8).add(a9).add(a10).add(a11).lane(0);
    }
}
