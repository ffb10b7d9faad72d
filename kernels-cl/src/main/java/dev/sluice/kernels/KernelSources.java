package dev.sluice.kernels;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Reads the OpenCL C sources that this jar carries. */
public final class KernelSources {
    private KernelSources() {}

    /**
     * The text of one source file.
     *
     * @param name path below the kernel folder, such as {@code "matvec.cl"} or {@code "quant/q4_0.cl"}
     * @throws IllegalArgumentException if there is no such file
     */
    public static String read(String name) {
        try (InputStream in = KernelSources.class.getResourceAsStream("cl/" + name)) {
            if (in == null) {
                throw new IllegalArgumentException("no kernel source named " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the kernel source " + name, e);
        }
    }
}
