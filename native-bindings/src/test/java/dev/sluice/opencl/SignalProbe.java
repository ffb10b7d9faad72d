package dev.sluice.opencl;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * What a child process runs: uses every device, then has compiled code fail in the two ways that the JVM learns of by a
 * signal, and compares the signals' handlers with those at the start.
 */
@SuppressWarnings("NullAway") // the null is the point
final class SignalProbe {
    private static final int WARM_UP = 200_000;
    private static final int FAILURES = 2_000;

    private SignalProbe() {}

    public static void main(String[] arguments) throws Throwable {
        List<Long> before = handlers();
        if (!(OpenCl.load() instanceof OpenCl.Available opencl)) {
            throw new AssertionError("no OpenCL");
        }
        for (Device device : opencl.devices()) {
            try (Context context = Context.create(device);
                    Queue queue = context.newQueue(device);
                    Program program = context.build(VectorAddTest.SOURCE, BuildOptions.none());
                    Kernel add = program.kernel("add");
                    Buffer buffer = context.newBuffer(4096)) {
                queue.fill(buffer, 0, 4096, 0);
                add.args().buffer(buffer).buffer(buffer).buffer(buffer).i32(1024);
                queue.launch(add, NDRange.of(1024));
                queue.finish();
            }
        }
        // Compared at once: a foreign handler may step aside when the first signal reaches it.
        boolean same = before.equals(handlers());
        int[] data = {1};
        long sum = 0;
        for (int i = 1; i <= WARM_UP; i++) {
            sum += first(data) + quotient(i, i);
        }
        int caught = 0;
        for (int i = 0; i < FAILURES; i++) {
            try {
                sum += first(null);
            } catch (NullPointerException e) {
                caught++;
            }
            try {
                sum += quotient(i, 0);
            } catch (ArithmeticException e) {
                caught++;
            }
        }
        System.out.println((same ? "same handlers" : "other handlers") + ", " + caught + " exceptions, sum " + sum);
    }

    private static int first(int[] data) {
        return data[0];
    }

    private static int quotient(int a, int b) {
        return a / b;
    }

    /** The address of each signal's handler. */
    private static List<Long> handlers() throws Throwable {
        Linker linker = Linker.nativeLinker();
        MethodHandle sigaction = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("sigaction"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
        List<Long> handlers = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment action = arena.allocate(512, Long.BYTES);
            for (int signal = 1; signal < 32; signal++) {
                int status = (int) sigaction.invokeExact(signal, MemorySegment.NULL, action);
                handlers.add(status == 0 ? action.get(ValueLayout.JAVA_LONG, 0) : -1);
            }
        }
        return handlers;
    }
}
