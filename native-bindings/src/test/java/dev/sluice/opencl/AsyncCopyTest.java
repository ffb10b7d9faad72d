package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class AsyncCopyTest {
    private static final int BYTES = 1 << 20;

    /** Each round drops its event at once and closes its memory while the copy is under way; the GC runs in between. */
    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void hostMemoryLivesUntilItsCopiesAreDone(Device device) {
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device);
                Buffer buffer = context.newBuffer(BYTES)) {
            for (int round = 1; round <= 40; round++) {
                HostMemory out = HostMemory.allocate(BYTES);
                out.segment().fill((byte) round);
                queue.writeAsync(buffer, 0, out, 0, BYTES).close();
                if (round % 8 == 0) {
                    System.gc();
                }
                out.close();
                // Whatever memory comes next must not be what the copy still reads.
                try (HostMemory in = HostMemory.allocate(BYTES)) {
                    try (Event event = queue.readAsync(buffer, 0, in, 0, BYTES)) {
                        event.await();
                        assertEquals(Event.Progress.COMPLETE, event.progress());
                    }
                    MemorySegment bytes = in.segment();
                    for (int i = 0; i < BYTES; i += 4093) {
                        assertEquals((byte) round, bytes.get(ValueLayout.JAVA_BYTE, i), "round " + round);
                    }
                }
            }
        }
    }

    /** The copy cannot begin before the slow kernel in front of it is done, so that the close must wait. */
    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void closingHostMemoryWaitsForTheCopyThatUsesIt(Device device) {
        String slow = """
                kernel void slow(global float *x, int steps) {
                    float v = x[0];
                    for (int i = 0; i < steps; i++) v = sin(v) + 1.0f;
                    x[0] = v;
                }
                """;
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device);
                Program program = context.build(slow, BuildOptions.none());
                Kernel kernel = program.kernel("slow");
                Buffer x = context.newBuffer(4);
                Buffer buffer = context.newBuffer(64)) {
            queue.fill(x, 0, 4, 0);
            kernel.args().buffer(x).i32(5_000_000);
            queue.launch(kernel, NDRange.of(1));
            HostMemory out = HostMemory.allocate(64);
            out.segment().fill((byte) 9);
            try (Event event = queue.writeAsync(buffer, 0, out, 0, 64)) {
                out.close();
                assertEquals(Event.Progress.COMPLETE, event.progress());
            }
            byte[] result = new byte[64];
            queue.read(buffer, 0, MemorySegment.ofArray(result));
            assertEquals(9, result[63]);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void partsOfAFileGoToTheDeviceStraightFromTheMapping(Device device, @TempDir Path folder) throws IOException {
        Path path = folder.resolve("data");
        byte[] content = new byte[10_000];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i * 7);
        }
        Files.write(path, content);
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device);
                Buffer buffer = context.newBuffer(5000);
                FileChannel file = FileChannel.open(path);
                HostMemory mapped = HostMemory.map(file, 3000, 7000)) {
            try (Event event = queue.writeAsync(buffer, 0, mapped, 1000, 5000)) {
                event.await();
            }
            byte[] result = new byte[5000];
            queue.read(buffer, 0, MemorySegment.ofArray(result));
            assertEquals(content[4000], result[0]);
            assertEquals(content[8999], result[4999]);
            assertThrows(IllegalArgumentException.class, () -> queue.readAsync(buffer, 0, mapped, 0, 16));
            assertThrows(IndexOutOfBoundsException.class, () -> HostMemory.map(file, 9000, 1001));
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void closedHostMemoryIsNotCopied(Device device) {
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device);
                Buffer buffer = context.newBuffer(16)) {
            HostMemory host = HostMemory.allocate(16);
            MemorySegment segment = host.segment();
            host.close();
            host.close();
            assertThrows(IllegalStateException.class, () -> queue.writeAsync(buffer, 0, host, 0, 16));
            assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_BYTE, 0));
        }
    }
}
