package dev.sluice.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A JVM that was started without the Vector API still computes, and says once what is missing. */
class WithoutVectorApiTest {
    /** Runs in the child: two devices, one product, compared with the definition. */
    public static final class Child {
        private Child() {}

        public static void main(String[] args) {
            Tensor w = TestBlocks.random(DType.Q4_1, 64, 20, 1);
            float[] x = Runs.normal(128, 2);
            for (int i = 0; i < 2; i++) {
                try (Device device = Runs.open(false, 2, 2)) {
                    float[] y = Runs.run(device, new Op.Linear(w, null), 64, x);
                    System.out.println(device.path() + " " + Arrays.equals(y, ScalarOps.linear(w, null, x)));
                }
            }
        }
    }

    @Test
    void scalarCodeRunsAndTheMissingFlagIsNamedOnce() throws IOException, InterruptedException {
        String output = run(0, Child.class);
        assertEquals(3, output.split("scalar code true", -1).length, output);
        assertEquals(2, output.split("--add-modules jdk.incubator.vector", -1).length, output);
    }

    /** Runs in the child: a device with the options of a plain start. */
    public static final class PlainChild {
        private PlainChild() {}

        public static void main(String[] args) {
            CpuBackend backend = new CpuBackend();
            try (Device device = backend.open(backend.discover().devices().getFirst(), new DeviceOptions(1, 1))) {
                System.out.println(device.path());
            }
        }
    }

    @Test
    void machineCodeDoesWithout() throws IOException, InterruptedException {
        assumeTrue(FloatPath.available().contains(FloatPath.AVX2));
        String output = run(0, PlainChild.class);
        assertTrue(output.contains("machine code"), output);
        assertFalse(output.contains("scalar") || output.contains("--add-modules"), output);
    }

    @Test
    void theLaunchersJvmRunsNoScalarCodeWhereMachineCodeIsRefused() throws IOException, InterruptedException {
        String output = run(1, PlainChild.class, "-Dsluice.cpu.isa=NONE", "-Dsluice.vector.api=off");
        assertTrue(output.contains("SLUICE_VECTOR_API=on"), output);
    }

    private static String run(int code, Class<?> main, String... flags) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        command.addAll(List.of("-cp", String.join(File.pathSeparator, classPath()), main.getName()));
        Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(child.waitFor(60, TimeUnit.SECONDS));
        assertEquals(code, child.exitValue(), output);
        return output;
    }

    /** The places that this JVM's modules and class path come from. */
    private static Set<String> classPath() throws IOException {
        Set<String> places = new TreeSet<>();
        for (String property : new String[] {"java.class.path", "jdk.module.path", "surefire.test.class.path"}) {
            places.addAll(Arrays.asList(System.getProperty(property, "").split(File.pathSeparator, -1)));
        }
        for (var module : ModuleLayer.boot().configuration().modules()) {
            URI location = module.reference().location().orElseThrow();
            if ("file".equals(location.getScheme())) {
                places.add(Path.of(location).toString());
            }
        }
        places.add(Path.of("target", "test-classes").toAbsolutePath().toString());
        places.remove("");
        return places;
    }
}
