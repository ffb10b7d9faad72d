package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class CommandBufferTest {
    private static final int ITEMS = 64;
    private static final String SOURCE = """
            kernel void multiply(global int *y, int by, const global int *add) {
                int i = get_global_id(0) + get_global_size(0) * get_global_id(1);
                y[i] = y[i] * by + *add;
            }
            """;

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void launchesOfKernelsOfTheirOwnSeeWhatBuffersHoldAtAReplay(Device device) {
        assumeTrue(device.info().commandBuffers(), "cl_khr_command_buffer");
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device);
                Program program = context.build(SOURCE, BuildOptions.none());
                Kernel first = program.kernel("multiply");
                Kernel second = first.another();
                Buffer y = context.newBuffer(ITEMS * 4L);
                Buffer add = context.newBuffer(4)) {
            queue.fill(y, 0, ITEMS * 4L, 1);
            CommandBuffer commands = CommandBuffer.create(queue);
            first.args().buffer(y).i32(2).buffer(add);
            commands.launch(first, NDRange.of(ITEMS));
            assertThrows(IllegalStateException.class, () -> commands.launch(second, NDRange.of(ITEMS)));
            second.args().buffer(y).i32(3).buffer(add);
            commands.launch(second, ITEMS / 4, 4, 4, 2);
            commands.finish();
            int expected = 1;
            for (int step = 0; step < 5; step++) {
                queue.fill(add, 0, 4, step);
                commands.replay();
                expected = (expected * 2 + step) * 3 + step;
            }
            int[] result = new int[ITEMS];
            queue.read(y, 0, MemorySegment.ofArray(result));
            for (int i = 0; i < ITEMS; i++) {
                assertEquals(expected, result[i], "element " + i);
            }
            commands.close();
            commands.close();
            assertThrows(IllegalStateException.class, commands::replay);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void whatIsNotFinishedCannotBeReplayed(Device device) {
        assumeTrue(device.info().commandBuffers(), "cl_khr_command_buffer");
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device);
                CommandBuffer commands = CommandBuffer.create(queue)) {
            assertThrows(ClException.class, commands::replay);
        }
    }
}
