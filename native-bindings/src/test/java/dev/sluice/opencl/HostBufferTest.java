package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Buffers whose contents lie in memory of the host. */
@ExtendWith(LeakCheck.class)
class HostBufferTest {
    private static final long PAGE = 4096;

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void kernelsReadAndWriteWhatLiesInTheHostsMemory(Device device) {
        int count = 1000;
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device);
                Program program = context.build(VectorAddTest.SOURCE, BuildOptions.none());
                Kernel kernel = program.kernel("add");
                HostMemory memory = HostMemory.allocateHuge(3 * PAGE)) {
            for (int i = 0; i < count; i++) {
                memory.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
                memory.segment().setAtIndex(ValueLayout.JAVA_FLOAT, PAGE / Float.BYTES + i, 0.5f);
            }
            long bytes = (long) Float.BYTES * count;
            try (Buffer left = context.newBuffer(memory, 0, bytes);
                    Buffer right = context.newBuffer(memory, PAGE, bytes);
                    Buffer sum = context.newBuffer(memory, 2 * PAGE, bytes)) {
                assertTrue(left.isOnHost());
                kernel.args().buffer(left).buffer(right).buffer(sum).i32(count);
                queue.launch(kernel, NDRange.of(count));
                float[] read = new float[count];
                queue.read(sum, 0, MemorySegment.ofArray(read));
                float[] expected = new float[count];
                IntStream.range(0, count).forEach(i -> expected[i] = i + 0.5f);
                assertArrayEquals(expected, read);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void theMemoryOutlivesItsOwnersCloseUntilTheLastBufferIsGone(Device device) {
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device)) {
            HostMemory memory = HostMemory.allocateHuge(2 * PAGE);
            MemorySegment segment = memory.segment();
            segment.fill((byte) 7);
            Buffer first = context.newBuffer(memory, 0, PAGE);
            Buffer second = context.newBuffer(memory, PAGE, PAGE);
            Buffer part = second.slice(1024, 1024);
            memory.close();
            memory.close();
            assertThrows(IllegalStateException.class, () -> context.newBuffer(memory, 0, PAGE));
            first.close();
            second.close();
            assertTrue(segment.scope().isAlive());
            byte[] read = new byte[1024];
            queue.read(part, 0, MemorySegment.ofArray(read));
            assertEquals(7, read[1023]);
            queue.finish();
            part.close();
            assertFalse(segment.scope().isAlive());
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void aBufferLiesInsideTheMemory(Device device) {
        try (Context context = Context.create(device);
                HostMemory memory = HostMemory.allocate(PAGE);
                Buffer plain = context.newBuffer(16)) {
            assertThrows(IndexOutOfBoundsException.class, () -> context.newBuffer(memory, 1, PAGE));
            assertThrows(IndexOutOfBoundsException.class, () -> context.newBuffer(memory, -1, 16));
            assertThrows(IllegalArgumentException.class, () -> context.newBuffer(memory, 0, 0));
            assertFalse(plain.isOnHost());
        }
    }
}
