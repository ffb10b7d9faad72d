package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakCheck.class)
class ProgramTest {
    private static final String SOURCE = """
            kernel void scale(global int *x) { x[get_global_id(0)] *= FACTOR; }
            kernel void shift(global int *x) { x[get_global_id(0)] += FACTOR; }
            """;

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void binariesMakeTheSameProgramAgain(Device device) {
        BuildOptions options = BuildOptions.none().define("FACTOR", 3);
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device);
                Buffer buffer = context.newBuffer(16)) {
            byte[] binary;
            try (Program program = context.build(SOURCE, options)) {
                assertEquals(
                        List.of("scale", "shift"),
                        program.kernelNames().stream().sorted().toList());
                assertEquals(List.of(device), List.copyOf(program.binaries().keySet()));
                binary = Objects.requireNonNull(program.binaries().get(device));
                assertTrue(binary.length > 0);
            }
            try (Program program = context.load(device, binary, options);
                    Kernel scale = program.kernel("scale")) {
                queue.write(buffer, 0, MemorySegment.ofArray(new int[] {1, 2, 3, 4}));
                scale.args().buffer(buffer);
                queue.launch(scale, NDRange.of(4));
                int[] result = new int[4];
                queue.read(buffer, 0, MemorySegment.ofArray(result));
                assertArrayEquals(new int[] {3, 6, 9, 12}, result);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void aFailedBuildCarriesTheCompilersLog(Device device) {
        try (Context context = Context.create(device)) {
            ClException e = assertThrows(
                    ClException.class,
                    () -> context.build("kernel void broken() { int x = no_such_name; }", BuildOptions.none()));
            assertEquals("clBuildProgram", e.call());
            assertEquals("CL_BUILD_PROGRAM_FAILURE", e.errorName());
            assertTrue(e.detail().contains("no_such_name"), e.detail());
            assertTrue(
                    e.toString().contains("clBuildProgram failed: CL_BUILD_PROGRAM_FAILURE (-11): "), e.getMessage());
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void aBinaryThatIsNoneIsRefused(Device device) {
        byte[] noise = new byte[4096];
        for (int i = 0; i < noise.length; i++) {
            noise[i] = (byte) (i * 31);
        }
        try (Context context = Context.create(device)) {
            assertThrows(ClException.class, () -> context.load(device, noise, BuildOptions.none()));
            assertThrows(IllegalArgumentException.class, () -> context.load(device, new byte[0], BuildOptions.none()));
        }
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void aKernelThatIsNotThereIsNamed(Device device) {
        try (Context context = Context.create(device);
                Program program = context.build(SOURCE, BuildOptions.none().define("FACTOR", 1))) {
            ClException e = assertThrows(ClException.class, () -> program.kernel("turn"));
            assertEquals("clCreateKernel failed: CL_INVALID_KERNEL_NAME (-46): kernel turn", e.getMessage());
        }
    }
}
