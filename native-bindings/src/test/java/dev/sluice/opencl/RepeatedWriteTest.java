package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Copies to one buffer after another's contents were used, by a queue of their own. */
@ExtendWith(LeakCheck.class)
class RepeatedWriteTest {
    private static final int COUNT = 1 << 18;
    private static final long BYTES = (long) Float.BYTES * COUNT;
    private static final int ROUNDS = 20;

    private static HostMemory filled(float value) {
        HostMemory memory = HostMemory.allocate(BYTES);
        for (int i = 0; i < COUNT; i++) {
            memory.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
        }
        return memory;
    }

    /** One buffer gets ones and twos in turn, and is added to a sum after each copy. */
    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void copiesAndComputationTakeTurnsWithoutTheHost(Device device) {
        try (Context context = Context.create(device);
                Queue computing = context.newQueue(device);
                Queue copying = context.newQueue(device);
                Program program = context.build(VectorAddTest.SOURCE, BuildOptions.none());
                Kernel kernel = program.kernel("add");
                Buffer slot = context.newBuffer(BYTES);
                Buffer sum = context.newBuffer(BYTES);
                HostMemory ones = filled(1);
                HostMemory twos = filled(2);
                RepeatedWrite copy = new RepeatedWrite(copying)) {
            computing.fill(sum, 0, BYTES, 0);
            assertFalse(copy.begun());
            for (int i = 0; i < ROUNDS; i++) {
                if (copy.begun()) {
                    copy.waitFor(computing);
                }
                copy.start(slot, i % 2 == 0 ? ones : twos, BYTES);
                copy.holdUp(computing);
                kernel.args().buffer(sum).buffer(slot).buffer(sum).i32(COUNT);
                computing.launch(kernel, NDRange.of(COUNT));
            }
            assertTrue(copy.begun());
            copy.await();
            float[] read = new float[COUNT];
            computing.read(sum, 0, MemorySegment.ofArray(read));
            for (int i = 0; i < COUNT; i += 997) {
                assertEquals(1.5f * ROUNDS, read[i]);
            }
            try (Event last = copy.event()) {
                last.await();
                assertEquals(Event.Progress.COMPLETE, last.progress());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void theMemoryWaitsForItsCopies(Device device) {
        try (Context context = Context.create(device);
                Queue copying = context.newQueue(device);
                Buffer slot = context.newBuffer(BYTES)) {
            RepeatedWrite copy = new RepeatedWrite(copying);
            HostMemory ones = filled(1);
            for (int i = 0; i < ROUNDS; i++) {
                copy.start(slot, ones, BYTES);
            }
            copy.close();
            copy.close();
            ones.close(); // waits for all of them
            float[] read = new float[1];
            copying.read(slot, BYTES - Float.BYTES, MemorySegment.ofArray(read));
            assertEquals(1f, read[0]);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void wrongUseIsRefusedBeforeOpenClSeesIt(Device device) {
        try (Context context = Context.create(device);
                Queue copying = context.newQueue(device);
                Buffer small = context.newBuffer(64);
                RepeatedWrite copy = new RepeatedWrite(copying)) {
            HostMemory large = HostMemory.allocate(128);
            assertThrows(IndexOutOfBoundsException.class, () -> copy.start(small, large, 128));
            assertThrows(IllegalArgumentException.class, () -> copy.start(small, large, 0));
            assertThrows(IllegalStateException.class, copy::await);
            assertThrows(IllegalStateException.class, () -> copy.holdUp(copying));
            large.close();
            assertThrows(IllegalStateException.class, () -> copy.start(small, large, 64));
        }
    }
}
