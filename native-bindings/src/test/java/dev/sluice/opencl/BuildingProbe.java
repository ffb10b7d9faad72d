package dev.sluice.opencl;

import java.util.concurrent.CountDownLatch;

/** What a child process runs: has every device compile, one program after another, and ends meanwhile. */
final class BuildingProbe {
    private static final int THREADS = 2;
    private static final long INTO_A_BUILD_MS = 200;

    private BuildingProbe() {}

    public static void main(String[] arguments) throws InterruptedException {
        if (!(OpenCl.load() instanceof OpenCl.Available opencl)) {
            throw new AssertionError("no OpenCL");
        }
        CountDownLatch begun = new CountDownLatch(THREADS * opencl.devices().size());
        for (Device device : opencl.devices()) {
            for (int i = 0; i < THREADS; i++) {
                Thread.ofPlatform().daemon().start(() -> compile(device, begun));
            }
        }
        begun.await();
        Thread.sleep(INTO_A_BUILD_MS);
        System.out.println("ending");
        System.exit(0);
    }

    private static void compile(Device device, CountDownLatch begun) {
        try (Context context = Context.create(device)) {
            context.build(source(0), BuildOptions.none()).close();
            begun.countDown();
            for (long number = System.nanoTime(); ; number++) { // none that a driver has from before
                context.build(source(number), BuildOptions.none()).close();
            }
        }
    }

    private static String source(long number) {
        StringBuilder text = new StringBuilder();
        for (int k = 0; k < 8; k++) {
            text.append("kernel void k").append(k).append("(global float16 *x, int n) {\n");
            text.append("    float16 v = x[get_global_id(0)] + ").append(number).append(";\n");
            text.append("    for (int i = 0; i < n; i++) {\n");
            for (int line = 0; line < 20; line++) {
                text.append("        v = sin(v) * ").append(line).append(" + exp(v);\n");
            }
            text.append("    }\n    x[get_global_id(0)] = v;\n}\n");
        }
        return text.toString();
    }
}
