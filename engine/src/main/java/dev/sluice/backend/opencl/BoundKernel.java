package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Kernel;
import dev.sluice.opencl.NDRange;
import dev.sluice.opencl.Queue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A kernel that remembers its arguments: each is handed to OpenCL only when it differs from the last launch. One belongs
 * to one place in one layer, so that from token to token little changes but the position.
 */
final class BoundKernel implements AutoCloseable {
    /** What an argument is. */
    enum Kind {
        BUFFER,
        I32,
        F32,
        LOCAL
    }

    private final ProgramSource program;
    private final Programs programs;
    private final LaunchRecorder recorder;
    private @Nullable Kernel kernel;
    private @Nullable Kind[] kinds = {};
    private @Nullable Buffer[] buffers = {};
    private int[] numbers = {};
    private int next;

    /**
     * A kernel of a program, which is ready from now on.
     *
     * @throws dev.sluice.error.DeviceFailure with the compiler's log if it cannot be compiled
     */
    BoundKernel(ProgramSource program, Programs programs, LaunchRecorder recorder) {
        programs.prepare(List.of(program));
        this.program = program;
        this.programs = programs;
        this.recorder = recorder;
    }

    /** Begins with the first argument. */
    BoundKernel args() {
        kernel();
        next = 0;
        return this;
    }

    /** A buffer, or null for one that the kernel will not touch. */
    BoundKernel buffer(@Nullable Buffer buffer) {
        if (kinds[next] != Kind.BUFFER || buffers[next] != buffer) {
            Kernel.Args args = kernel().args().at(next);
            if (buffer == null) {
                args.noBuffer();
            } else {
                args.buffer(buffer);
            }
            kinds[next] = Kind.BUFFER;
            buffers[next] = buffer;
        }
        next++;
        return this;
    }

    BoundKernel i32(int number) {
        if (changes(Kind.I32, number)) {
            kernel().args().at(next).i32(number);
        }
        next++;
        return this;
    }

    BoundKernel f32(float number) {
        if (changes(Kind.F32, Float.floatToRawIntBits(number))) {
            kernel().args().at(next).f32(number);
        }
        next++;
        return this;
    }

    BoundKernel local(int bytes) {
        if (changes(Kind.LOCAL, bytes)) {
            kernel().args().at(next).local(bytes);
        }
        next++;
        return this;
    }

    private boolean changes(Kind kind, int bits) {
        if (kinds[next] == kind && numbers[next] == bits) {
            return false;
        }
        kinds[next] = kind;
        numbers[next] = bits;
        return true;
    }

    void launch(Queue queue, NDRange range) {
        recorder.launch(queue, this, range);
    }

    /** Launches in one dimension or two, whose sizes change from step to step; see {@link Queue#launch}. */
    void launch(Queue queue, long x, long y, int localX, int localY) {
        recorder.launch(queue, this, x, y, localX, localY);
    }

    // ---- what the recorder asks ----

    ProgramSource program() {
        return program;
    }

    /** The kernel, made when it is first wanted: many are for numbers of tokens that never come. */
    Kernel kernel() {
        Kernel present = kernel;
        if (present == null) {
            present = programs.kernel(program);
            kernel = present;
            int count = present.argCount();
            kinds = new Kind[count];
            buffers = new Buffer[count];
            numbers = new int[count];
        }
        return present;
    }

    /** The arguments of a launch, in the kernel's order. */
    List<TracedLaunch.Argument> arguments() {
        List<TracedLaunch.Argument> all = new ArrayList<>();
        for (int i = 0; i < kinds.length; i++) {
            Kind kind = kinds[i];
            if (kind == null) {
                throw new IllegalStateException(program.label() + " lacks argument " + i);
            }
            all.add(new TracedLaunch.Argument(kind, buffers[i], numbers[i]));
        }
        return all;
    }

    /** The buffers among the arguments. */
    List<Buffer> buffers() {
        return Arrays.stream(buffers).filter(Objects::nonNull).toList();
    }

    /** Hands the arguments to another kernel of the same program. */
    void give(Kernel other) {
        Kernel.Args args = other.args();
        for (TracedLaunch.Argument argument : arguments()) {
            switch (argument.kind()) {
                case BUFFER -> {
                    if (argument.buffer() == null) {
                        args.noBuffer();
                    } else {
                        args.buffer(argument.buffer());
                    }
                }
                case I32 -> args.i32(argument.bits());
                case F32 -> args.f32(Float.intBitsToFloat(argument.bits()));
                case LOCAL -> args.local(argument.bits());
            }
        }
    }

    @Override
    public void close() {
        if (kernel != null) {
            kernel.close();
        }
    }
}
