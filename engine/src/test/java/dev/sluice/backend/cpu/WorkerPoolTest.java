package dev.sluice.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkerPoolTest {
    private static WorkerPool pool(int count) {
        List<Scratch> scratches = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            scratches.add(new Scratch(Arena.global(), i));
        }
        return new WorkerPool(count, scratches);
    }

    @Test
    void whatIsWrittenBeforeABarrierIsSeenByAllAfterIt() {
        for (int count : new int[] {1, 2, 3, 5}) {
            try (WorkerPool pool = pool(count)) {
                int[] slots = new int[count];
                for (int region = 1; region <= 500; region++) {
                    int value = region;
                    AtomicInteger seen = new AtomicInteger();
                    pool.run(worker -> {
                        slots[worker.index] = value;
                        pool.barrier(worker);
                        int sum = 0;
                        for (int slot : slots) {
                            sum += slot;
                        }
                        seen.addAndGet(sum);
                        pool.barrier(worker);
                    });
                    assertEquals(count * count * region, seen.get());
                }
            }
        }
    }

    @Test
    void sharesCoverAllWorkOnce() {
        for (int count : new int[] {1, 2, 3, 7}) {
            try (WorkerPool pool = pool(count)) {
                for (int total : new int[] {0, 1, 2, 6, 7, 100}) {
                    AtomicInteger covered = new AtomicInteger();
                    int[] hits = new int[total];
                    pool.run(worker -> {
                        for (int i = worker.first(total); i < worker.last(total); i++) {
                            hits[i]++;
                            covered.incrementAndGet();
                        }
                    });
                    assertEquals(total, covered.get());
                    for (int hit : hits) {
                        assertEquals(1, hit);
                    }
                }
            }
        }
    }

    @Test
    void aFailureReachesTheSubmitterAndThePoolLivesOn() {
        try (WorkerPool pool = pool(3)) {
            for (int failing = 0; failing < 3; failing++) {
                int index = failing;
                IllegalStateException thrown = assertThrows(
                        IllegalStateException.class,
                        () -> pool.run(worker -> {
                            if (worker.index == index) {
                                throw new IllegalStateException("worker " + index);
                            }
                        }));
                assertEquals("worker " + index, thrown.getMessage());
                AtomicInteger ran = new AtomicInteger();
                pool.run(worker -> ran.incrementAndGet());
                assertEquals(3, ran.get());
                assertFalse(pool.failed());
            }
        }
    }

    @Test
    void parkedWorkersWakeForTheNextRegion() throws InterruptedException {
        try (WorkerPool pool = pool(3)) {
            AtomicInteger ran = new AtomicInteger();
            for (int i = 0; i < 5; i++) {
                pool.run(worker -> ran.incrementAndGet());
                Thread.sleep(20); // far longer than the spinning
            }
            assertEquals(15, ran.get());
        }
    }
}
