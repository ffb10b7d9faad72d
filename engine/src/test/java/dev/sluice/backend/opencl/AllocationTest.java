package dev.sluice.backend.opencl;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.sluice.backend.KvType;
import dev.sluice.runtime.Assignment;
import dev.sluice.runtime.Batch;
import dev.sluice.runtime.GreedyRun;
import dev.sluice.runtime.HostShare;
import dev.sluice.runtime.Sequence;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Steps make no objects, on any thread. What is counted is the JVM's own count of the bytes that all Java threads have
 * allocated. The least object takes 16 bytes, so one that every step makes would show as 16 bytes a step in each window;
 * what the JVM does once (a class that is loaded, a table that grows with the position) shows in single windows only. So the
 * best of some windows must stay below half of the least object.
 */
class AllocationTest {
    private static final int WINDOW = 50;
    private static final int WARM_UP = 50;
    private static final int MOST_WINDOWS = 8;
    /** No object is smaller; asking for the count makes some hundred bytes each time. */
    private static final double BYTES_PER_STEP = 16;

    private static final int CAPACITY = WARM_UP + WINDOW * MOST_WINDOWS + 1;
    private static final int SEQUENCES = 8;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    static List<TinyModel.Place> places() {
        return TinyModel.places().toList();
    }

    /** Of two devices. */
    static List<TinyModel.Place> pairs() {
        return TinyModel.places().filter(place -> place.devices().size() == 2).toList();
    }

    private static void assertMakesNothing(String what, Runnable step) {
        for (int i = 0; i < WARM_UP; i++) {
            step.run();
        }
        double least = Double.MAX_VALUE;
        for (int window = 0; window < MOST_WINDOWS && least >= BYTES_PER_STEP; window++) {
            long before = THREADS.getTotalThreadAllocatedBytes();
            for (int i = 0; i < WINDOW; i++) {
                step.run();
            }
            long bytes = THREADS.getTotalThreadAllocatedBytes() - before;
            least = Math.min(least, (double) bytes / WINDOW);
        }
        assertTrue(least < BYTES_PER_STEP, what + " allocates " + least + " bytes a step");
    }

    @ParameterizedTest
    @MethodSource("places")
    void stepsMakeNoObjects(TinyModel.Place place) {
        try (TinyModel tiny = new TinyModel(place)) {
            greedy(tiny);
            sampled(tiny);
            batch(tiny, SEQUENCES);
            if (tiny.ids().size() > 1) {
                batch(tiny, 2 * SEQUENCES); // in groups that follow each other, or all together
            }
            prompt(tiny);
        }
    }

    /** Some streamed, of which the CPU computes halves. */
    @ParameterizedTest
    @MethodSource("pairs")
    void stepsThroughStreamedLayersMakeNoObjects(TinyModel.Place place) {
        try (TinyModel tiny = new TinyModel(
                place,
                (devices, layers) -> List.of(Assignment.streaming(devices.getFirst(), layers, Set.of(1, 2, 3), 2, null)
                        .withHost(new HostShare(devices.getLast(), Set.of(1, 3), 1))))) {
            greedy(tiny);
            sampled(tiny);
            batch(tiny, SEQUENCES);
        }
    }

    /** Weights that come from files. */
    @ParameterizedTest
    @MethodSource("pairs")
    void stepsThroughLayersOfFilesMakeNoObjects(TinyModel.Place place, @TempDir Path folder) {
        try (TinyModel tiny = new TinyModel(
                place,
                (devices, layers) ->
                        List.of(Assignment.streaming(devices.getFirst(), layers, Set.of(1, 2, 3), 1, folder)))) {
            greedy(tiny);
            batch(tiny, SEQUENCES);
        }
    }

    private static void greedy(TinyModel tiny) {
        try (Sequence sequence = tiny.executor.newSequence(CAPACITY, KvType.F16, 1);
                GreedyRun run = sequence.greedy(3, CAPACITY)) {
            assertMakesNothing("a greedy run", run::next);
        }
    }

    private static void sampled(TinyModel tiny) {
        float[] logits = new float[tiny.executor.graph().vocabulary()];
        int[] token = {3};
        try (Sequence sequence = tiny.executor.newSequence(CAPACITY, KvType.F16, 1)) {
            assertMakesNothing("reading logits", () -> {
                sequence.append(token, 0, 1, 1);
                sequence.logits(0, logits);
            });
        }
    }

    /** Of more tokens than go through a layer together. */
    private static void prompt(TinyModel tiny) {
        int[] tokens = new int[2 * OpenClRuns.BATCH + SEQUENCES];
        try (Sequence sequence = tiny.executor.newSequence(tokens.length, KvType.F16, 1)) {
            assertMakesNothing("a prompt in three micro-batches", () -> {
                sequence.truncate(0);
                sequence.append(tokens, 0, tokens.length, 1);
                sequence.bestToken();
            });
        }
    }

    private static void batch(TinyModel tiny, int count) {
        int[] token = {3};
        List<Sequence> sequences = new ArrayList<>();
        try (Batch batch = tiny.executor.newBatch(count)) {
            for (int i = 0; i < count; i++) {
                sequences.add(tiny.executor.newSequence(CAPACITY, KvType.F16, batch));
            }
            assertMakesNothing("a batch of " + count, () -> {
                batch.clear();
                for (int i = 0; i < count; i++) {
                    batch.add(sequences.get(i), token, 0, 1, 1);
                }
                batch.run();
                for (int i = 0; i < count; i++) {
                    batch.bestToken(i);
                }
            });
        } finally {
            sequences.forEach(Sequence::close);
        }
    }
}
