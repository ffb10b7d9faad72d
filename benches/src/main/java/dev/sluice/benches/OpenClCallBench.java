package dev.sluice.benches;

import dev.sluice.opencl.BuildOptions;
import dev.sluice.opencl.Device;
import dev.sluice.opencl.NDRange;
import dev.sluice.opencl.OpenCl;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jocl.cl_kernel;
import org.jocl.cl_mem;
import org.jocl.cl_platform_id;
import org.jocl.cl_program;
import org.jocl.cl_queue_properties;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What single OpenCL calls cost through our facade over FFM, with all of its checks, and through JOCL, which calls by JNI:
 * an int argument set, a kernel of one work-item launched (64 times, and one wait), 4 bytes read with waiting. Both
 * bindings call the same driver on the same device; the driver's own time is in both figures.
 *
 * <pre>{@code
 * scripts/micro-bench OpenClCallBench
 * scripts/micro-bench OpenClCallBench -p device=1
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class OpenClCallBench {
    private static final int LAUNCHES = 64;
    private static final String KERNEL = "kernel void put(global int *to, int value) { to[0] = value; }";

    /** The device: its number in the order of the platforms. */
    @State(Scope.Benchmark)
    public static class Chosen {
        @Param("0")
        public int device;
    }

    /** A kernel, a queue and a buffer of 4 bytes through our facade. */
    @State(Scope.Thread)
    public static class Facade {
        @SuppressWarnings("NullAway.Init") // by open(), as all others here
        dev.sluice.opencl.Context context;

        @SuppressWarnings("NullAway.Init")
        dev.sluice.opencl.Queue queue;

        @SuppressWarnings("NullAway.Init")
        dev.sluice.opencl.Program program;

        @SuppressWarnings("NullAway.Init")
        dev.sluice.opencl.Kernel kernel;

        @SuppressWarnings("NullAway.Init")
        dev.sluice.opencl.Buffer buffer;

        final Arena arena = Arena.ofShared();
        final MemorySegment host = arena.allocate(Integer.BYTES, Integer.BYTES);
        final NDRange one = NDRange.of(1);
        int value;

        @Setup
        public void open(Chosen chosen) {
            Device device = devices().get(chosen.device);
            context = dev.sluice.opencl.Context.create(device);
            queue = context.newQueue(device);
            buffer = context.newBuffer(Integer.BYTES);
            program = context.build(KERNEL, BuildOptions.none());
            kernel = program.kernel("put");
            kernel.args().buffer(buffer).i32(0);
            System.out.println("device: " + device.info().name() + ", "
                    + device.platform().info().name());
        }

        private static List<Device> devices() {
            return switch (OpenCl.load()) {
                case OpenCl.Available opencl -> opencl.devices();
                case OpenCl.Unavailable none -> throw new IllegalStateException(none.reason() + ". " + none.remedy());
            };
        }

        @TearDown
        public void close() {
            queue.finish();
            kernel.close();
            program.close();
            buffer.close();
            queue.close();
            context.close();
            arena.close();
        }
    }

    /** The same through JOCL. */
    @State(Scope.Thread)
    public static class Jocl {
        @SuppressWarnings("NullAway.Init") // by open(), as all others here
        cl_context context;

        @SuppressWarnings("NullAway.Init")
        cl_command_queue queue;

        @SuppressWarnings("NullAway.Init")
        cl_program program;

        @SuppressWarnings("NullAway.Init")
        cl_kernel kernel;

        @SuppressWarnings("NullAway.Init")
        cl_mem buffer;

        final ByteBuffer value = ByteBuffer.allocateDirect(Integer.BYTES).order(ByteOrder.nativeOrder());
        final Pointer valuePointer = Pointer.to(value);
        final ByteBuffer host = ByteBuffer.allocateDirect(Integer.BYTES).order(ByteOrder.nativeOrder());
        final Pointer hostPointer = Pointer.to(host);
        final long[] one = {1};

        @Setup
        public void open(Chosen chosen) {
            CL.setExceptionsEnabled(true); // as the facade does, it looks at each status
            int number = chosen.device;
            for (cl_platform_id platform : platforms()) {
                cl_device_id[] devices = devices(platform);
                if (number < devices.length) {
                    open(platform, devices[number]);
                    return;
                }
                number -= devices.length;
            }
            throw new IllegalStateException("there is no device " + chosen.device);
        }

        private void open(cl_platform_id platform, cl_device_id device) {
            cl_context_properties properties = new cl_context_properties();
            properties.addProperty(CL.CL_CONTEXT_PLATFORM, platform);
            context = CL.clCreateContext(properties, 1, new cl_device_id[] {device}, null, null, null);
            queue = CL.clCreateCommandQueueWithProperties(context, device, new cl_queue_properties(), null);
            buffer = CL.clCreateBuffer(context, CL.CL_MEM_READ_WRITE, Integer.BYTES, null, null);
            program = CL.clCreateProgramWithSource(context, 1, new String[] {KERNEL}, null, null);
            CL.clBuildProgram(program, 0, null, null, null, null);
            kernel = CL.clCreateKernel(program, "put", null);
            CL.clSetKernelArg(kernel, 0, Sizeof.cl_mem, Pointer.to(buffer));
            CL.clSetKernelArg(kernel, 1, Integer.BYTES, valuePointer);
        }

        private static cl_platform_id[] platforms() {
            int[] count = new int[1];
            CL.clGetPlatformIDs(0, null, count);
            cl_platform_id[] platforms = new cl_platform_id[count[0]];
            CL.clGetPlatformIDs(platforms.length, platforms, null);
            return platforms;
        }

        private static cl_device_id[] devices(cl_platform_id platform) {
            int[] count = new int[1];
            CL.clGetDeviceIDs(platform, CL.CL_DEVICE_TYPE_ALL, 0, null, count);
            cl_device_id[] devices = new cl_device_id[count[0]];
            CL.clGetDeviceIDs(platform, CL.CL_DEVICE_TYPE_ALL, devices.length, devices, null);
            return devices;
        }

        @TearDown
        public void close() {
            CL.clFinish(queue);
            CL.clReleaseKernel(kernel);
            CL.clReleaseProgram(program);
            CL.clReleaseMemObject(buffer);
            CL.clReleaseCommandQueue(queue);
            CL.clReleaseContext(context);
        }
    }

    /** clSetKernelArg with an int. */
    @Benchmark
    public void setArgument(Facade cl) {
        cl.kernel.args().at(1).i32(cl.value++);
    }

    /** clSetKernelArg with an int. */
    @Benchmark
    public void setArgumentJocl(Jocl cl) {
        cl.value.putInt(0, cl.value.getInt(0) + 1);
        CL.clSetKernelArg(cl.kernel, 1, Integer.BYTES, cl.valuePointer);
    }

    /** clEnqueueNDRangeKernel. */
    @Benchmark
    @OperationsPerInvocation(LAUNCHES)
    public void launch(Facade cl) {
        for (int i = 0; i < LAUNCHES; i++) {
            cl.queue.launch(cl.kernel, cl.one);
        }
        cl.queue.finish();
    }

    /** clEnqueueNDRangeKernel. */
    @Benchmark
    @OperationsPerInvocation(LAUNCHES)
    public void launchJocl(Jocl cl) {
        for (int i = 0; i < LAUNCHES; i++) {
            CL.clEnqueueNDRangeKernel(cl.queue, cl.kernel, 1, null, cl.one, null, 0, null, null);
        }
        CL.clFinish(cl.queue);
    }

    /** clEnqueueReadBuffer that waits. */
    @Benchmark
    public MemorySegment read(Facade cl) {
        cl.queue.read(cl.buffer, 0, cl.host);
        return cl.host;
    }

    /** clEnqueueReadBuffer that waits. */
    @Benchmark
    public ByteBuffer readJocl(Jocl cl) {
        CL.clEnqueueReadBuffer(cl.queue, cl.buffer, true, 0, Integer.BYTES, cl.hostPointer, 0, null, null);
        return cl.host;
    }
}
