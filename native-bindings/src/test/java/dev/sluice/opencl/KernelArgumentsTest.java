package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.BiConsumer;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class KernelArgumentsTest {
    private static void withAdd(Device device, BiConsumer<Queue, Kernel> body) {
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device);
                Program program = context.build(VectorAddTest.SOURCE, BuildOptions.none());
                Kernel add = program.kernel("add")) {
            body.accept(queue, add);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void anArgumentOfAnotherTypeIsNamed(Device device) {
        withAdd(device, (queue, add) -> {
            assertEquals(4, add.argCount());
            IllegalArgumentException e = assertThrows(
                    IllegalArgumentException.class, () -> add.args().at(3).f32(1));
            assertEquals("argument 3 (int n) of kernel add takes an int, not a float", e.getMessage());
            assertThrows(IllegalArgumentException.class, () -> add.args().at(3).i64(1));
            assertThrows(IllegalArgumentException.class, () -> add.args().i32(1));
            assertThrows(IllegalArgumentException.class, () -> add.args().local(64));
        });
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void anArgumentTooManyIsRefused(Device device) {
        withAdd(device, (queue, add) -> {
            assertThrows(IndexOutOfBoundsException.class, () -> add.args().at(4).i32(1));
            assertThrows(
                    IndexOutOfBoundsException.class, () -> add.args().at(-1).i32(1));
        });
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void aLaunchNeedsAllArguments(Device device) {
        withAdd(device, (queue, add) -> {
            try (Buffer buffer = queue.context().newBuffer(16)) {
                add.args().buffer(buffer).buffer(buffer).buffer(buffer);
                IllegalStateException e =
                        assertThrows(IllegalStateException.class, () -> queue.launch(add, NDRange.of(4)));
                assertEquals("Not set: argument 3 (int n) of kernel add", e.getMessage());
            }
        });
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void aLaunchWithAClosedBufferIsRefused(Device device) {
        withAdd(device, (queue, add) -> {
            try (Buffer open = queue.context().newBuffer(16)) {
                Buffer closed = queue.context().newBuffer(16);
                add.args().buffer(open).buffer(closed).buffer(open).i32(4);
                closed.close();
                IllegalStateException e =
                        assertThrows(IllegalStateException.class, () -> queue.launch(add, NDRange.of(4)));
                assertTrue(e.toString().contains("argument 1 "), e.getMessage());
            }
        });
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void aGroupThatIsTooLargeIsAnErrorWithTheKernelsName(Device device) {
        withAdd(device, (queue, add) -> {
            try (Buffer buffer = queue.context().newBuffer(16)) {
                add.args().buffer(buffer).buffer(buffer).buffer(buffer).i32(4);
                long group = device.info().maxWorkGroupSize() * 2;
                ClException e = assertThrows(
                        ClException.class,
                        () -> queue.launch(add, NDRange.of(group).local(group)));
                assertTrue(e.toString().contains("kernel add"), e.getMessage());
            }
        });
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void tellsTheGroupSizesOfADevice(Device device) {
        withAdd(device, (queue, add) -> {
            assertTrue(add.maxWorkGroupSize(device) > 0);
            assertTrue(add.preferredWorkGroupMultiple(device) > 0);
            assertTrue(add.localMemory(device) >= 0);
        });
    }
}
