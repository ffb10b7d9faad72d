package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class LimitedWaitTest {
    /** It computes for seconds, as no device could leave it out: each round needs the one before. */
    private static final String SLOW = """
            kernel void slow(global uint *x, uint rounds) {
                uint v = x[0];
                for (uint i = 0; i < rounds; i++) v = v * 1664525u + (v >> 3) + i;
                x[0] = v;
            }
            """;

    private static final int QUICK = 1000;
    private static final int ENDLESS = 2_000_000_000;
    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void waitsWithinTheLimitEndAsOthersDo(Device device) {
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device);
                Program program = context.build(SLOW, BuildOptions.none());
                Kernel slow = program.kernel("slow");
                Buffer buffer = context.newBuffer(64);
                RepeatedRead repeated = new RepeatedRead(4);
                HostMemory memory = HostMemory.allocate(64);
                Arena arena = Arena.ofConfined()) {
            context.limitWaits(() -> MINUTE);
            MemorySegment number = arena.allocate(4);
            slow.args().buffer(buffer).i32(QUICK);
            for (int i = 0; i < 50; i++) {
                queue.fill(buffer, 0, 64, i);
                repeated.start(queue, buffer, 0);
                repeated.await();
                assertEquals(i, repeated.segment().get(java.lang.foreign.ValueLayout.JAVA_INT, 0));
                queue.launch(slow, NDRange.of(1));
                queue.finish();
                queue.read(buffer, 0, number);
                queue.write(buffer, 4, number);
                queue.readAsync(buffer, 0, memory, 0, 64).close();
                try (Event event = queue.launchWithEvent(slow, NDRange.of(1))) {
                    event.await();
                }
                queue.map(buffer, MapMode.READ, 0, 64).close();
            }
            assertFalse(context.isLost());
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void whoeverDoesNotAnswerIsLeftAlone(Device device) throws InterruptedException {
        AtomicLong limit = new AtomicLong(MINUTE);
        Context context = Context.create(device);
        Queue queue = context.newQueue(device);
        Program program = context.build(SLOW, BuildOptions.none());
        Kernel slow = program.kernel("slow");
        Buffer buffer = context.newBuffer(64);
        RepeatedRead repeated = new RepeatedRead(4);
        context.limitWaits(limit::get);
        queue.fill(buffer, 0, 64, 1);
        slow.args().buffer(buffer).i32(QUICK);
        queue.launch(slow, NDRange.of(1));
        queue.finish(); // compiled by now
        slow.args().buffer(buffer).i32(ENDLESS);
        Event[] events = new Event[1];
        events[0] = queue.launchWithEvent(slow, NDRange.of(1));
        repeated.start(queue, buffer, 0);
        limit.set(TimeUnit.MILLISECONDS.toNanos(40));

        long before = System.nanoTime();
        ClException hang = assertThrows(ClException.class, repeated::await);
        assertTrue(hang.isHang(), hang::toString);
        assertTrue(context.isLost());
        assertTrue(assertThrows(ClException.class, queue::finish).isHang());
        assertTrue(assertThrows(ClException.class, () -> queue.launch(slow, NDRange.of(1)))
                .isHang());
        assertTrue(assertThrows(ClException.class, () -> context.newBuffer(64)).isHang());
        assertTrue(assertThrows(ClException.class, events[0]::await).isHang());
        // None of these may wait, nor free what the device may still use; twice without harm.
        for (int i = 0; i < 2; i++) {
            repeated.close();
            events[0].close();
            buffer.close();
            slow.close();
            program.close();
            queue.close();
            context.close();
        }
        assertTrue(System.nanoTime() - before < MINUTE, "it was waited for all the same");
    }
}
