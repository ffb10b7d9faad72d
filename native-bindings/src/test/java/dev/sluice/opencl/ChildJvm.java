package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;

/** Runs a main class of the tests in a JVM of its own. */
final class ChildJvm {
    private ChildJvm() {}

    /** What it printed, once it has ended with exit code 0. */
    static String run(Class<?> main, Map<String, String> environment, String... flags)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "--illegal-native-access=deny",
                "-XX:ErrorFile=" + Path.of(System.getProperty("java.io.tmpdir"), "child-jvm-error-%p.log")));
        command.addAll(List.of(flags));
        command.add("-cp");
        command.add(String.join(
                File.pathSeparator,
                location(OpenCl.class),
                Path.of(System.getProperty("basedir", ""), "target", "test-classes")
                        .toString(),
                location(Logger.class)));
        command.add(main.getName());
        Path output = Files.createTempFile("child-jvm", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(output.toFile());
            builder.redirectError(ProcessBuilder.Redirect.DISCARD);
            builder.environment().putAll(environment);
            Process process = builder.start();
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the process still runs after a minute");
            String printed = Files.readString(output, StandardCharsets.UTF_8).strip();
            assertEquals(0, process.exitValue(), "exit code; it printed: " + printed);
            return printed;
        } finally {
            Files.delete(output);
        }
    }

    private static String location(Class<?> type) {
        return Path.of(URI.create(
                        type.getProtectionDomain().getCodeSource().getLocation().toString()))
                .toString();
    }
}
