package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class VectorAddTest {
    static final String SOURCE = """
            kernel void add(global const float *a, global const float *b, global float *sum, int n) {
                int i = get_global_id(0);
                if (i < n) sum[i] = a[i] + b[i];
            }
            """;

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void addsVectorsOfOddSizes(Device device) {
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device);
                Program program = context.build(SOURCE, BuildOptions.none());
                Kernel add = program.kernel("add")) {
            for (int n : new int[] {1, 2, 3, 7, 31, 64, 65, 1023, 100_003}) {
                float[] a = new float[n];
                float[] b = new float[n];
                for (int i = 0; i < n; i++) {
                    a[i] = i * 0.5f;
                    b[i] = 3 - i;
                }
                try (Buffer left = context.newBuffer(4L * n, BufferFlag.READ_ONLY);
                        Buffer right = context.newBuffer(4L * n, BufferFlag.READ_ONLY);
                        Buffer sum = context.newBuffer(4L * n, BufferFlag.WRITE_ONLY)) {
                    queue.write(left, 0, MemorySegment.ofArray(a));
                    queue.write(right, 0, MemorySegment.ofArray(b));
                    add.args().buffer(left).buffer(right).buffer(sum).i32(n);
                    long group = Math.min(32, add.maxWorkGroupSize(device));
                    queue.launch(add, NDRange.of(NDRange.roundUp(n, group)).local(group));
                    float[] result = new float[n];
                    queue.read(sum, 0, MemorySegment.ofArray(result));
                    for (int i = 0; i < n; i++) {
                        assertEquals(a[i] + b[i], result[i], "element " + i + " of " + n);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void argumentsStaySetAndCanBeReplacedOneByOne(Device device) {
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device);
                Program program = context.build(SOURCE, BuildOptions.none());
                Kernel add = program.kernel("add");
                Buffer a = context.newBuffer(16);
                Buffer sum = context.newBuffer(16)) {
            queue.fill(a, 0, 16, Float.floatToIntBits(1.5f));
            queue.fill(sum, 0, 16, 0);
            add.args().buffer(a).buffer(a).buffer(sum).i32(4);
            queue.launch(add, NDRange.of(4));
            add.args().at(0).buffer(sum);
            queue.launch(add, NDRange.of(4));
            float[] result = new float[4];
            queue.read(sum, 0, MemorySegment.ofArray(result));
            assertEquals(4.5f, result[3]);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void passesEveryKindOfArgument(Device device) {
        String source = """
                kernel void everything(global float *out, local float *scratch, int i, uint u, long l, float f) {
                    scratch[get_local_id(0)] = f;
                    barrier(CLK_LOCAL_MEM_FENCE);
                    out[0] = scratch[1] + i + u + (float)(l >> 32);
                }
                """;
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device);
                Program program = context.build(source, BuildOptions.none());
                Kernel everything = program.kernel("everything");
                Buffer out = context.newBuffer(4)) {
            everything
                    .args()
                    .buffer(out)
                    .local(8)
                    .i32(-20)
                    .i32(300)
                    .i64(7L << 32)
                    .f32(0.25f);
            queue.launch(everything, NDRange.of(2).local(2));
            float[] result = new float[1];
            queue.read(out, 0, MemorySegment.ofArray(result));
            assertEquals(287.25f, MemorySegment.ofArray(result).get(ValueLayout.JAVA_FLOAT, 0));
        }
    }
}
