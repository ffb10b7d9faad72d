package dev.sluice.benches.peers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Runs the tests of {@code scripts/compare}, which are in Python, as it is. */
class CompareScriptTest {
    @Test
    void testsOfTheScriptPass() throws IOException, InterruptedException {
        assumeTrue(exitCode("import sys; sys.exit(sys.version_info < (3, 9))") == 0, "no Python 3.9 or later here");
        Process tests = python("-m", "unittest", "discover", "-s", "../scripts/lib/compare");
        String output = new String(tests.getInputStream().readAllBytes(), UTF_8);
        assertEquals(0, tests.waitFor(), output);
    }

    private static int exitCode(String program) throws InterruptedException {
        try {
            return python("-c", program).waitFor();
        } catch (IOException e) {
            return -1; // there is none
        }
    }

    private static Process python(String... arguments) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("python3", "-B");
        builder.command().addAll(List.of(arguments));
        return builder.directory(Path.of("").toAbsolutePath().toFile())
                .redirectErrorStream(true)
                .start();
    }
}
