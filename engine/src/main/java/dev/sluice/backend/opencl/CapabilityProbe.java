package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.ClException;
import dev.sluice.opencl.CommandBuffer;
import dev.sluice.opencl.Context;
import dev.sluice.opencl.Device;
import dev.sluice.opencl.Kernel;
import dev.sluice.opencl.NDRange;
import dev.sluice.opencl.Program;
import dev.sluice.opencl.Queue;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Tries capabilities of a device, one after another. A driver may end the process over a program that it does not like, so
 * this is the main class of a process of its own ({@link ProbeProcess}), which says before each what it tries.
 */
final class CapabilityProbe {
    static final String TRY = "try ";
    static final String YES = "yes ";
    static final String NO = "no ";

    private static final int ITEMS = 64;

    private final Context context;
    private final Queue queue;

    private CapabilityProbe(Context context, Queue queue) {
        this.context = context;
        this.queue = queue;
    }

    /** Arguments: the device's id, then the capabilities to try. */
    public static void main(String[] args) {
        Device device = OpenClBackend.find(args[0]);
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device)) {
            CapabilityProbe probe = new CapabilityProbe(context, queue);
            for (int i = 1; i < args.length; i++) {
                Capability capability = Capability.valueOf(args[i]);
                say(TRY + capability);
                say((probe.works(capability) ? YES : NO) + capability);
            }
        }
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private boolean works(Capability capability) {
        Optional<MatrixUnit> unit = capability.matrixUnit();
        if (unit.isPresent()) {
            return MatrixProbe.works(context, queue, unit.get(), capability.program());
        }
        int[] a = new int[ITEMS];
        int[] b = new int[ITEMS];
        int[] c = new int[ITEMS];
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < ITEMS; i++) {
            a[i] = random.nextInt() & 0x7f7f7f7f;
            b[i] = random.nextInt();
            c[i] = random.nextInt(1000);
        }
        if (capability == Capability.COMMAND_BUFFERS && !queue.device().info().commandBuffers()) {
            return false;
        }
        ProgramSpec program = capability.program();
        try (Program built = context.build(program.text(), Programs.options(program));
                Kernel kernel = built.kernel("probe")) {
            return capability == Capability.COMMAND_BUFFERS
                    ? replays(kernel, b, c)
                    : Arrays.equals(expected(capability, a, b, c), run(kernel, a, b, c));
        } catch (ClException e) {
            return false;
        }
    }

    private int[] run(Kernel kernel, int[] a, int[] b, int[] c) {
        int[] y = new int[ITEMS];
        try (Buffer first = filled(a);
                Buffer second = filled(b);
                Buffer third = filled(c);
                Buffer result = filled(y)) {
            kernel.args().buffer(first).buffer(second).buffer(third).buffer(result);
            queue.launch(kernel, NDRange.of(ITEMS).local(ITEMS));
            queue.read(result, 0, MemorySegment.ofArray(y));
        }
        return y;
    }

    /** Two launches, the second on what the first left, replayed twice with something else in a buffer. */
    private boolean replays(Kernel first, int[] b, int[] c) {
        int[] y = new int[ITEMS];
        try (Kernel second = first.another();
                Buffer of1 = filled(b);
                Buffer of2 = filled(c);
                Buffer result = filled(y);
                CommandBuffer commands = CommandBuffer.create(queue)) {
            NDRange range = NDRange.of(ITEMS).local(ITEMS);
            first.args().buffer(of1).buffer(of1).buffer(of1).buffer(result);
            commands.launch(first, range);
            second.args().buffer(of2).buffer(of2).buffer(of2).buffer(result);
            commands.launch(second, range);
            commands.finish();
            commands.replay();
            queue.fill(of1, 0, of1.byteSize(), 7);
            commands.replay();
            queue.read(result, 0, MemorySegment.ofArray(y));
        }
        int[] expected = new int[ITEMS];
        for (int i = 0; i < ITEMS; i++) {
            expected[i] = 3 * (3 * (3 * b[i] + c[i]) + 7) + c[i];
        }
        return Arrays.equals(expected, y);
    }

    private Buffer filled(int[] values) {
        Buffer buffer = context.newBuffer((long) Integer.BYTES * values.length);
        queue.write(buffer, 0, MemorySegment.ofArray(values));
        return buffer;
    }

    private static int[] expected(Capability capability, int[] a, int[] b, int[] c) {
        int[] y = new int[ITEMS];
        for (int i = 0; i < ITEMS; i++) {
            y[i] = switch (capability) {
                case FP16 -> Float.floatToFloat16(c[i] * 0.5f + 1) & 0xffff;
                case INTEGER_DOT, PTX_DP4A, AMD_DOT4 -> c[i] + dot(a[i], b[i]);
                case X86_VNNI, X86_VNNI_LLVM -> c[i] + dot(a[i], b[0]);
                case PTX_SHUFFLE -> c[i ^ 1];
                case SUB_GROUPS -> 1;
                default -> throw new IllegalArgumentException(capability + " has a probe of its own");
            };
        }
        return y;
    }

    private static int dot(int a, int b) {
        int sum = 0;
        for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
            sum += (a >> shift & 0xff) * (byte) (b >> shift);
        }
        return sum;
    }
}
