package dev.sluice.backend;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process of its own for what may end the process that it happens in: a driver that is given what it does not like. */
public final class TrialProcess {
    /**
     * What came of it.
     *
     * @param lines that it printed before it ended, however it ended
     * @param exitCode of the process
     * @param inTime false if it had to be ended
     */
    public record Outcome(List<String> lines, int exitCode, boolean inTime) {
        public Outcome {
            lines = List.copyOf(lines);
        }
    }

    private TrialProcess() {}

    /**
     * Runs a class of Sluice's with the JVM, classes and cache folder of this process, and waits for it.
     *
     * @param main has a public method {@code main(String[])}
     * @throws IOException if no process can be started, or the thread is interrupted
     */
    public static Outcome run(Class<?> main, List<String> arguments, long limitSeconds) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + nowhere(),
                "-Dsluice.cache.dir=" + CacheFolder.ofUser()));
        String modules = System.getProperty("jdk.module.path");
        Module own = main.getModule();
        if (own.isNamed() && modules != null) {
            command.addAll(List.of(
                    "--enable-native-access=dev.sluice.bindings",
                    "-p",
                    modules,
                    "-m",
                    own.getName() + "/" + main.getName()));
        } else {
            command.addAll(List.of(
                    "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    System.getProperty("java.class.path"),
                    main.getName()));
        }
        command.addAll(arguments);
        Path output = Files.createTempFile("sluice-trial", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.redirectOutput(output.toFile());
            builder.redirectError(ProcessBuilder.Redirect.DISCARD);
            Process process = builder.start();
            boolean inTime = process.waitFor(limitSeconds, TimeUnit.SECONDS);
            if (!inTime) {
                process.destroyForcibly();
            }
            int code = process.waitFor();
            return new Outcome(Files.readAllLines(output, StandardCharsets.UTF_8), code, inTime);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            Files.delete(output);
        }
    }

    private static String nowhere() {
        return System.getProperty("os.name", "").startsWith("Windows") ? "NUL" : "/dev/null";
    }
}
