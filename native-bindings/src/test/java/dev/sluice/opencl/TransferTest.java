package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Consumer;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class TransferTest {
    private static void withQueue(Device device, Consumer<Queue> body) {
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device)) {
            body.accept(queue);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void copiesFillsAndReadsParts(Device device) {
        withQueue(device, queue -> {
            try (Buffer a = queue.context().newBuffer(40);
                    Buffer b = queue.context().newBuffer(40)) {
                queue.fill(a, 0, 40, 7);
                queue.write(a, 8, MemorySegment.ofArray(new int[] {1, 2, 3}));
                queue.fill(b, 0, 40, -1);
                queue.copy(a, 4, b, 16, 12);
                int[] result = new int[10];
                queue.read(b, 0, MemorySegment.ofArray(result));
                assertArrayEquals(new int[] {-1, -1, -1, -1, 7, 1, 2, -1, -1, -1}, result);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void takesNativeSegmentsToo(Device device) {
        withQueue(device, queue -> {
            try (Arena arena = Arena.ofConfined();
                    Buffer buffer = queue.context().newBuffer(12)) {
                MemorySegment out = arena.allocateFrom(ValueLayout.JAVA_INT, 4, 5, 6);
                queue.write(buffer, 0, out);
                MemorySegment in = arena.allocate(12);
                queue.read(buffer, 0, in);
                assertArrayEquals(new int[] {4, 5, 6}, in.toArray(ValueLayout.JAVA_INT));
            }
        });
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void aSliceIsAViewThatOutlivesItsBuffer(Device device) {
        withQueue(device, queue -> {
            int align = Math.max(4, device.info().baseAddressAlignment());
            Buffer whole = queue.context().newBuffer(align + 8L);
            queue.fill(whole, 0, align, 1);
            queue.fill(whole, align, 8, 9);
            try (Buffer slice = whole.slice(align, 8)) {
                assertEquals(8, slice.byteSize());
                whole.close();
                int[] result = new int[2];
                queue.read(slice, 0, MemorySegment.ofArray(result));
                assertArrayEquals(new int[] {9, 9}, result);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void everyRangeIsCheckedBeforeTheDeviceSeesIt(Device device) {
        withQueue(device, queue -> {
            try (Buffer buffer = queue.context().newBuffer(16);
                    HostMemory host = HostMemory.allocate(16)) {
                MemorySegment five = MemorySegment.ofArray(new int[5]);
                assertOutside(() -> queue.write(buffer, 0, five));
                assertOutside(() -> queue.read(buffer, 0, five));
                assertOutside(() -> queue.read(buffer, 13, MemorySegment.ofArray(new int[1])));
                assertOutside(() -> queue.read(buffer, -4, MemorySegment.ofArray(new int[1])));
                assertOutside(() -> queue.read(buffer, Long.MAX_VALUE, MemorySegment.ofArray(new int[1])));
                assertOutside(() -> queue.copy(buffer, 0, buffer, 12, 8));
                assertOutside(() -> queue.fill(buffer, 8, 12, 0));
                assertOutside(() -> queue.map(buffer, MapMode.READ, 8, 9));
                assertOutside(() -> buffer.slice(8, 9));
                assertOutside(() -> queue.writeAsync(buffer, 0, host, 8, 9));
                assertOutside(() -> queue.writeAsync(buffer, 8, host, 0, 9));
                assertOutside(() -> queue.readAsync(buffer, 0, host, 8, 9));
                assertOutside(() -> queue.readAsync(buffer, 8, host, 0, -1));
                IndexOutOfBoundsException e = assertThrows(
                        IndexOutOfBoundsException.class,
                        () -> queue.write(buffer, 4, MemorySegment.ofArray(new byte[13])));
                assertEquals(
                        "The write of 13 bytes at offset 4 does not lie inside the buffer of 16 bytes", e.getMessage());
            }
        });
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void readOnlyMemoryIsNotReadInto(Device device) {
        withQueue(device, queue -> {
            try (Arena arena = Arena.ofConfined();
                    Buffer buffer = queue.context().newBuffer(16)) {
                MemorySegment readOnly = arena.allocate(16).asReadOnly();
                assertThrows(IllegalArgumentException.class, () -> queue.read(buffer, 0, readOnly));
            }
        });
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void emptyTransfersDoNothing(Device device) {
        withQueue(device, queue -> {
            try (Buffer buffer = queue.context().newBuffer(16);
                    HostMemory host = HostMemory.allocate(16)) {
                queue.write(buffer, 16, MemorySegment.ofArray(new byte[0]));
                queue.read(buffer, 16, MemorySegment.ofArray(new byte[0]));
                queue.copy(buffer, 0, buffer, 16, 0);
                queue.fill(buffer, 16, 0, 1);
                try (Event event = queue.writeAsync(buffer, 16, host, 16, 0)) {
                    event.await();
                }
            }
        });
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void aMappingIsWrittenAndReadByTheHostUntilItIsClosed(Device device) {
        withQueue(device, queue -> {
            try (Buffer buffer = queue.context().newBuffer(64, BufferFlag.HOST_ALLOCATED)) {
                queue.fill(buffer, 0, 64, 5);
                MemorySegment gone;
                try (Mapping mapping = queue.map(buffer, MapMode.READ_WRITE, 16, 8)) {
                    gone = mapping.segment();
                    assertEquals(8, gone.byteSize());
                    assertEquals(5, gone.get(ValueLayout.JAVA_INT, 4));
                    gone.set(ValueLayout.JAVA_INT, 0, 42);
                }
                assertThrows(IllegalStateException.class, () -> gone.get(ValueLayout.JAVA_INT, 0));
                try (Mapping mapping = queue.map(buffer, MapMode.READ, 12, 12)) {
                    MemorySegment view = mapping.segment();
                    assertArrayEquals(new int[] {5, 42, 5}, view.toArray(ValueLayout.JAVA_INT));
                    assertThrows(IllegalArgumentException.class, () -> view.set(ValueLayout.JAVA_INT, 0, 1));
                }
                queue.finish();
            }
        });
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void aBufferThatIsFarTooLargeIsAnErrorWithItsSize(Device device) {
        withQueue(device, queue -> {
            ClException e = assertThrows(
                    ClException.class, () -> queue.context().newBuffer(1L << 50).close());
            assertEquals(
                    "clCreateBuffer failed: " + e.errorName() + " (" + e.code() + "): " + (1L << 50) + " bytes",
                    e.getMessage());
            assertThrows(IllegalArgumentException.class, () -> queue.context().newBuffer(0));
        });
    }

    private static void assertOutside(Executable command) {
        assertThrows(IndexOutOfBoundsException.class, command);
    }
}
