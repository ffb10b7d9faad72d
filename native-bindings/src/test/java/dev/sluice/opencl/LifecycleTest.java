package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class LifecycleTest {
    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void closingTwiceIsHarmlessAndUseAfterCloseIsRefused(Device device) {
        Context context = Context.create(device);
        Queue queue = context.newQueue(device);
        Program program = context.build(VectorAddTest.SOURCE, BuildOptions.none());
        Kernel kernel = program.kernel("add");
        Buffer buffer = context.newBuffer(16);
        Event event = queue.marker();
        queue.finish();
        for (NativeHandle handle : new NativeHandle[] {event, buffer, kernel, program, queue, context}) {
            handle.close();
            assertTrue(handle.isClosed());
            handle.close();
        }
        assertClosed(event::await, "event");
        assertClosed(() -> kernel.args().i32(1), "kernel");
        assertClosed(() -> program.kernel("add"), "program");
        assertClosed(() -> context.newBuffer(1), "context");
        assertClosed(queue::finish, "queue");
        assertClosed(() -> queue.read(buffer, 0, MemorySegment.ofArray(new byte[4])), "queue");
        assertClosed(() -> buffer.slice(0, 4), "buffer");
    }

    private static void assertClosed(Executable use, String kind) {
        IllegalStateException e = assertThrows(IllegalStateException.class, use);
        if (!kind.equals("kernel")) {
            assertEquals("This OpenCL " + kind + " is closed", e.getMessage());
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void aReleaseThatFailsIsNotThrown(Device device) {
        try (Context context = Context.create(device);
                Buffer buffer = context.newBuffer(16)) {
            Queue queue = context.newQueue(device);
            Mapping mapping = queue.map(buffer, MapMode.READ, 0, 16);
            queue.close();
            // Out of order: the queue that should unmap is gone. The log says so.
            mapping.close();
            assertTrue(mapping.isClosed());
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void liveObjectsAreCountedByKind(Device device) {
        Map<String, Long> before = LiveObjects.snapshot();
        long count = LiveObjects.count();
        try (Context context = Context.create(device);
                Buffer a = context.newBuffer(4);
                Buffer b = context.newBuffer(4);
                HostMemory host = HostMemory.allocate(4)) {
            assertEquals(4, host.byteSize());
            assertEquals(a.byteSize(), b.byteSize());
            assertEquals(count + 4, LiveObjects.count());
            assertEquals(
                    before.getOrDefault("buffer", 0L) + 2,
                    LiveObjects.snapshot().get("buffer"));
        }
        assertEquals(before, LiveObjects.snapshot());
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void aFailedBuildLeavesNothingOpen(Device device) {
        long before = LiveObjects.count();
        try (Context context = Context.create(device)) {
            assertThrows(ClException.class, () -> context.build("no OpenCL C", BuildOptions.none()));
            assertEquals(before + 1, LiveObjects.count());
        }
    }
}
