package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** A compiled program: the source of {@link Kernel}s. Thread-safe. */
public final class Program extends NativeHandle {
    private static final Pattern SEMICOLON = Pattern.compile(";");

    private final Context context;
    private final List<Device> devices;
    /** What the kernels take, by name: asking the driver takes as long as making a kernel. */
    private final Map<String, Signature> signatures = new ConcurrentHashMap<>();

    private Program(Context context, List<Device> devices, MemorySegment handle) {
        super(Kind.PROGRAM, handle);
        this.context = context;
        this.devices = devices;
    }

    static Program fromSource(Context context, String source, BuildOptions options) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(source);
            MemorySegment texts = arena.allocateFrom(ValueLayout.ADDRESS, text);
            MemorySegment handle = Status.create(
                    "clCreateProgramWithSource",
                    status -> CL.clCreateProgramWithSource(context.handle(), 1, texts, MemorySegment.NULL, status));
            return built(new Program(context, context.devices(), handle), options);
        }
    }

    static Program fromBinary(Context context, Device device, byte[] binary, BuildOptions options) {
        if (binary.length == 0) {
            throw new IllegalArgumentException("The program binary is empty");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, binary);
            MemorySegment binaries = arena.allocateFrom(ValueLayout.ADDRESS, bytes);
            MemorySegment lengths = arena.allocateFrom(ValueLayout.JAVA_LONG, binary.length);
            MemorySegment ids = Context.deviceIds(arena, List.of(device));
            MemorySegment handle = Status.create(
                    "clCreateProgramWithBinary",
                    status -> CL.clCreateProgramWithBinary(
                            context.handle(), 1, ids, lengths, binaries, MemorySegment.NULL, status));
            return built(new Program(context, List.of(device), handle), options);
        }
    }

    private static Program built(Program program, BuildOptions options) {
        try {
            program.build(options.commandLine());
            return program;
        } catch (RuntimeException e) {
            program.close();
            throw e;
        }
    }

    private void build(String options) {
        Builds.begin();
        try (Arena arena = Arena.ofConfined()) {
            int status = CL.clBuildProgram(
                    handle(),
                    devices.size(),
                    Context.deviceIds(arena, devices),
                    arena.allocateFrom(options),
                    MemorySegment.NULL,
                    MemorySegment.NULL);
            if (status != 0) {
                throw new ClException("clBuildProgram", status, buildLog());
            }
        } finally {
            Builds.done();
        }
    }

    /** What the compiler said, all devices together: warnings of a program that was built. */
    public String buildLog() {
        StringBuilder log = new StringBuilder();
        for (Device device : devices) {
            String text = new Info(
                            "clGetProgramBuildInfo",
                            (parameter, size, value, returned) ->
                                    CL.clGetProgramBuildInfo(handle(), device.id(), parameter, size, value, returned))
                    .string(CL.CL_PROGRAM_BUILD_LOG());
            if (!text.isEmpty()) {
                log.append(log.isEmpty() ? "" : "\n").append(text);
            }
        }
        return log.toString();
    }

    /**
     * A kernel of this program; each is independent, so threads that launch the same kernel take one each.
     *
     * @throws ClException if the program has no such kernel
     */
    public Kernel kernel(String name) {
        return SignalGuard.keep(() -> {
            Kernel kernel = Kernel.create(this, name, signatures.get(name));
            signatures.putIfAbsent(name, kernel.signature());
            return kernel;
        });
    }

    /** The names of the kernels. */
    public List<String> kernelNames() {
        String names = info().string(CL.CL_PROGRAM_KERNEL_NAMES());
        return SEMICOLON.splitAsStream(names).filter(name -> !name.isEmpty()).toList();
    }

    /** The compiled code for each device, for {@link Context#load}; a device without code is left out. */
    public Map<Device, byte[]> binaries() {
        long[] sizes = info().int64s(CL.CL_PROGRAM_BINARY_SIZES());
        long[] ids = info().int64s(CL.CL_PROGRAM_DEVICES());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointers = arena.allocate(ValueLayout.ADDRESS, sizes.length);
            MemorySegment[] binaries = new MemorySegment[sizes.length];
            for (int i = 0; i < sizes.length; i++) {
                binaries[i] = sizes[i] == 0 ? MemorySegment.NULL : arena.allocate(sizes[i]);
                pointers.setAtIndex(ValueLayout.ADDRESS, i, binaries[i]);
            }
            Status.check(
                    CL.clGetProgramInfo(
                            handle(), CL.CL_PROGRAM_BINARIES(), pointers.byteSize(), pointers, MemorySegment.NULL),
                    "clGetProgramInfo");
            Map<Device, byte[]> byDevice = new LinkedHashMap<>();
            for (Device device : devices) {
                for (int i = 0; i < sizes.length; i++) {
                    if (ids[i] == device.id().address() && sizes[i] > 0) {
                        byDevice.put(device, binaries[i].toArray(ValueLayout.JAVA_BYTE));
                    }
                }
            }
            return byDevice;
        }
    }

    /** The context that the program belongs to. */
    public Context context() {
        return context;
    }

    List<Device> devices() {
        return devices;
    }

    private Info info() {
        MemorySegment program = handle();
        return new Info(
                "clGetProgramInfo",
                (parameter, size, value, returned) -> CL.clGetProgramInfo(program, parameter, size, value, returned));
    }

    @Override
    Context owner() {
        return context;
    }

    @Override
    void release(MemorySegment released) {
        Status.check(CL.clReleaseProgram(released), "clReleaseProgram");
    }
}
