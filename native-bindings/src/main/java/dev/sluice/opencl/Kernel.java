package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A kernel with its arguments. They are set in order and then launched:
 *
 * <pre>{@code
 * kernel.args().buffer(a).buffer(b).i32(n);
 * queue.launch(kernel, NDRange.of(n));
 * }</pre>
 *
 * <p>Arguments stay set for later launches, and may be replaced one by one ({@link Args#at}). Setting and launching
 * allocate nothing.
 *
 * <p><b>Not thread-safe</b>, as OpenCL has it: one thread at a time sets the arguments and launches; other threads take
 * their own from {@link Program#kernel}.
 */
public final class Kernel extends NativeHandle {
    private final Program program;
    private final String name;
    private final Signature signature;
    private final Arena arena;
    /** The value of the argument that is being set: 8 bytes. */
    private final MemorySegment value;

    private final MemorySegment globalSizes;
    private final MemorySegment localSizes;
    private final Args args = new Args();
    private final boolean[] set;
    /** The buffers among the arguments, which must be open at a launch. */
    private final @Nullable Buffer[] buffers;

    private Kernel(Program program, String name, MemorySegment handle, @Nullable Signature known) {
        super(Kind.KERNEL, handle);
        this.program = program;
        this.name = name;
        this.signature = known == null ? Signature.of(name, handle) : known;
        this.arena = Arena.ofShared();
        this.value = arena.allocate(ValueLayout.JAVA_LONG);
        this.globalSizes = arena.allocate(ValueLayout.JAVA_LONG, 3);
        this.localSizes = arena.allocate(ValueLayout.JAVA_LONG, 3);
        this.set = new boolean[signature.count()];
        this.buffers = new Buffer[signature.count()];
    }

    /** {@code known}: what it takes, if it has been asked for before. */
    static Kernel create(Program program, String name, @Nullable Signature known) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(name);
            return new Kernel(
                    program,
                    name,
                    Status.create(
                            "clCreateKernel",
                            "kernel " + name,
                            status -> CL.clCreateKernel(program.handle(), text, status)),
                    known);
        }
    }

    /** The same kernel once more, with arguments of its own, none of them set; the caller closes it. */
    public Kernel another() {
        return create(program, name, signature);
    }

    /** The kernel function's name. */
    public String name() {
        return name;
    }

    /** What it takes, for the next of its kind. */
    Signature signature() {
        return signature;
    }

    /** The number of arguments. */
    public int argCount() {
        return signature.count();
    }

    /** Begins to set the arguments, from the first on. The returned object belongs to this kernel. */
    public Args args() {
        args.next = 0;
        return args;
    }

    /** The most work-items of a group that this kernel can have on a device. */
    public long maxWorkGroupSize(Device device) {
        return workGroupInfo(device).int64(CL.CL_KERNEL_WORK_GROUP_SIZE());
    }

    /** What group sizes should be a multiple of on a device. */
    public long preferredWorkGroupMultiple(Device device) {
        return workGroupInfo(device).int64(CL.CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE());
    }

    /** Bytes of local memory of a group on a device; local memory passed as an argument counts once it is set. */
    public long localMemory(Device device) {
        return workGroupInfo(device).int64(CL.CL_KERNEL_LOCAL_MEM_SIZE());
    }

    private Info workGroupInfo(Device device) {
        MemorySegment kernel = handle();
        return new Info(
                "clGetKernelWorkGroupInfo",
                (parameter, size, at, returned) ->
                        CL.clGetKernelWorkGroupInfo(kernel, device.id(), parameter, size, at, returned));
    }

    /** Sets arguments in order; each method sets one and moves on. */
    public final class Args {
        private int next;

        private Args() {}

        /** Goes on with the argument of this index, counted from 0. */
        public Args at(int index) {
            next = index;
            return this;
        }

        /** A pointer to global or constant memory. */
        public Args buffer(Buffer buffer) {
            value.set(ValueLayout.ADDRESS, 0, buffer.handle());
            put(Signature.Type.BUFFER, ValueLayout.ADDRESS.byteSize(), value, buffer);
            return this;
        }

        /** A null pointer in place of a buffer that the kernel will not touch. */
        public Args noBuffer() {
            value.set(ValueLayout.ADDRESS, 0, MemorySegment.NULL);
            put(Signature.Type.BUFFER, ValueLayout.ADDRESS.byteSize(), value, null);
            return this;
        }

        /** An int or uint. */
        public Args i32(int number) {
            value.set(ValueLayout.JAVA_INT, 0, number);
            put(Signature.Type.I32, Integer.BYTES, value, null);
            return this;
        }

        /** A long or ulong. */
        public Args i64(long number) {
            value.set(ValueLayout.JAVA_LONG, 0, number);
            put(Signature.Type.I64, Long.BYTES, value, null);
            return this;
        }

        /** A float. */
        public Args f32(float number) {
            value.set(ValueLayout.JAVA_FLOAT, 0, number);
            put(Signature.Type.F32, Float.BYTES, value, null);
            return this;
        }

        /** A pointer to so many bytes of local memory. */
        public Args local(long bytes) {
            put(Signature.Type.LOCAL, bytes, MemorySegment.NULL, null);
            return this;
        }

        private void put(Signature.Type type, long bytes, MemorySegment at, @Nullable Buffer buffer) {
            int index = next;
            signature.check(index, type);
            int status = CL.clSetKernelArg(handle(), index, bytes, at);
            if (status != 0) {
                throw new ClException("clSetKernelArg", status, signature.describe(index));
            }
            buffers[index] = buffer;
            set[index] = true;
            next = index + 1;
        }
    }

    /** Checks that the kernel can be launched and lays down its sizes. */
    void prepare(long globalX, long globalY, long globalZ, long localX, long localY, long localZ) {
        requireOpen();
        for (int i = 0; i < set.length; i++) {
            if (!set[i]) {
                throw new IllegalStateException("Not set: " + signature.describe(i));
            }
            Buffer buffer = buffers[i];
            if (buffer != null && buffer.isClosed()) {
                throw new IllegalStateException("The buffer is closed that was given as " + signature.describe(i));
            }
        }
        globalSizes.setAtIndex(ValueLayout.JAVA_LONG, 0, globalX);
        globalSizes.setAtIndex(ValueLayout.JAVA_LONG, 1, globalY);
        globalSizes.setAtIndex(ValueLayout.JAVA_LONG, 2, globalZ);
        localSizes.setAtIndex(ValueLayout.JAVA_LONG, 0, localX);
        localSizes.setAtIndex(ValueLayout.JAVA_LONG, 1, localY);
        localSizes.setAtIndex(ValueLayout.JAVA_LONG, 2, localZ);
    }

    /** What was to be launched last, for messages. */
    String launchAttempt() {
        return "kernel " + name + ", " + Arrays.toString(globalSizes.toArray(ValueLayout.JAVA_LONG))
                + " work-items in groups of " + Arrays.toString(localSizes.toArray(ValueLayout.JAVA_LONG));
    }

    MemorySegment globalSizes() {
        return globalSizes;
    }

    MemorySegment localSizes() {
        return localSizes;
    }

    @Override
    Context owner() {
        return program.context();
    }

    @Override
    void release(MemorySegment released) {
        Arrays.fill(buffers, null);
        try {
            Status.check(CL.clReleaseKernel(released), "clReleaseKernel");
        } finally {
            arena.close();
        }
    }

    @Override
    public String toString() {
        return signature.toString();
    }
}
