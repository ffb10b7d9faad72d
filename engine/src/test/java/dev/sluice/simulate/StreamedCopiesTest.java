package dev.sluice.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.backend.DeviceInfo;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Copies over a simulated link, asked for by several threads. */
class StreamedCopiesTest {
    private static final long PATIENCE_NANOS = 20_000_000_000L;
    private static final long SECOND = 1_000_000_000L;

    private final Health health = new Health(
            new DeviceInfo("sim:0", "simulated", DeviceInfo.Kind.GPU, "test", "test", 1, 1, Map.of()), PATIENCE_NANOS);

    @Test
    void eachBeginsWhenTheOneBeforeAndWhatItOverwritesAreDone() {
        StreamedCopies copies = new StreamedCopies(health, bytes -> bytes, (start, end, bytes) -> {});
        long now = System.nanoTime();
        Event computation = new Event(health);
        StreamedCopies.Copy first = copies.submit(SECOND, null);
        StreamedCopies.Copy second = copies.submit(5, null);
        StreamedCopies.Copy third = copies.submit(7, computation);
        computation.complete(now + 9 * SECOND);
        assertEquals(first.time() + 5, second.time());
        assertEquals(now + 9 * SECOND + 7, third.time());
    }

    /** The computation waits for a copy that another thread reckons, which then waits for the computation. */
    @Test
    void whoWaitsForAnEarlierCopyGetsItWhileALaterOneWaits() throws Exception {
        Event computation = new Event(health);
        AtomicReference<Thread> computing = new AtomicReference<>();
        StreamedCopies copies = new StreamedCopies(
                health,
                bytes -> {
                    if (bytes == 1) {
                        Thread other = Objects.requireNonNull(computing.get());
                        other.start();
                        while (other.getState() != Thread.State.WAITING) {
                            Thread.onSpinWait();
                        }
                    }
                    return bytes;
                },
                (start, end, bytes) -> {});
        StreamedCopies.Copy weights = copies.submit(1, null);
        StreamedCopies.Copy next = copies.submit(2, computation);
        computing.set(Thread.ofPlatform().unstarted(() -> computation.complete(weights.time() + SECOND)));
        FutureTask<Long> reader = new FutureTask<>(next::time);
        Thread.ofPlatform().start(reader);
        long done = reader.get(PATIENCE_NANOS, TimeUnit.NANOSECONDS);
        assertEquals(weights.time() + SECOND + 2, done);
    }
}
