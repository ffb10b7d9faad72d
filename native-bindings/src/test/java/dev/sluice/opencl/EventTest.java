package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class EventTest {
    private static final String STEP = "kernel void advance(global int *x) { x[get_global_id(0)] += 1; }";

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void aProfilingQueueTellsWhenAKernelRan(Device device) {
        try (Context context = Context.create(device);
                Queue queue = context.newProfilingQueue(device);
                Program program = context.build(STEP, BuildOptions.none());
                Kernel step = program.kernel("advance");
                Buffer buffer = context.newBuffer(4 * 1024)) {
            assertTrue(queue.profiling());
            queue.fill(buffer, 0, 4 * 1024, 0);
            step.args().buffer(buffer);
            try (Event event = queue.launchWithEvent(step, NDRange.of(1024))) {
                event.await();
                assertEquals(Event.Progress.COMPLETE, event.progress());
                Event.Profile profile = event.profile();
                assertTrue(profile.queued() <= profile.submitted(), profile::toString);
                assertTrue(profile.submitted() <= profile.started(), profile::toString);
                assertTrue(profile.nanos() >= 0, profile::toString);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void aQueueWithoutProfilingSaysSo(Device device) {
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device);
                Event marker = queue.marker()) {
            marker.await();
            ClException e = assertThrows(ClException.class, marker::profile);
            assertEquals("CL_PROFILING_INFO_NOT_AVAILABLE", e.errorName());
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void aQueueWaitsForEventsOfAnother(Device device) {
        try (Context context = Context.create(device);
                Queue first = context.newQueue(device);
                Queue second = context.newQueue(device);
                Program program = context.build(STEP, BuildOptions.none());
                Kernel step = program.kernel("advance");
                Buffer buffer = context.newBuffer(4 * 64)) {
            first.fill(buffer, 0, 4 * 64, 0);
            step.args().buffer(buffer);
            // Back and forth: every step must see the one before it on the other queue.
            Queue[] queues = {first, second};
            for (int i = 0; i < 20; i++) {
                try (Event event = queues[i % 2].launchWithEvent(step, NDRange.of(64))) {
                    queues[(i + 1) % 2].waitFor(event);
                }
            }
            int[] result = new int[64];
            first.read(buffer, 0, MemorySegment.ofArray(result));
            second.finish();
            assertEquals(20, result[63]);
        }
    }
}
