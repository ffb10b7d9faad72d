package dev.sluice.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class SharesTest {
    @ParameterizedTest(name = "{1} pieces, {0} workers")
    @CsvSource({"1, 7", "2, 0", "2, 1", "2, 97", "3, 2", "5, 1000"})
    void everyPieceIsTakenOnceInEachStep(int workers, int pieces) {
        Shares shares = new Shares(workers);
        Run run = new Run(1);
        try (WorkerPool pool = new WorkerPool(workers, scratches(workers))) {
            for (int step = 0; step < 200; step++) {
                AtomicIntegerArray taken = new AtomicIntegerArray(pieces);
                shares.begin();
                pool.run(worker -> shares.run(pieces, run, worker, (r, w, first, last) -> {
                    for (int i = first; i < last; i++) {
                        taken.incrementAndGet(i);
                    }
                }));
                for (int i = 0; i < pieces; i++) {
                    assertEquals(1, taken.get(i), "piece " + i);
                }
            }
        }
    }

    @ParameterizedTest(name = "worker {0} is held up")
    @CsvSource({"0", "1"})
    void whoIsHeldUpIsHelped(int slow) {
        Shares shares = new Shares(2);
        Run run = new Run(1);
        AtomicIntegerArray done = new AtomicIntegerArray(2);
        try (WorkerPool pool = new WorkerPool(2, scratches(2))) {
            shares.begin();
            pool.run(worker -> shares.run(64, run, worker, (r, w, first, last) -> {
                done.addAndGet(w.index, last - first);
                // The slow one waits with its first portion until the other has done all else.
                while (w.index == slow && done.get(0) + done.get(1) < 64) {
                    Thread.onSpinWait();
                }
            }));
        }
        assertTrue(done.get(slow) <= 16, "the slow worker did " + done.get(slow) + " of 64");
        assertEquals(64, done.get(0) + done.get(1));
    }

    private static List<Scratch> scratches(int count) {
        List<Scratch> scratches = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            scratches.add(new Scratch(Arena.global(), i));
        }
        return scratches;
    }
}
