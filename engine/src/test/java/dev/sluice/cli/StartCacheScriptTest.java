package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher's handling of the JVM's ahead-of-time cache, with a stand-in for java that writes what it is told to. */
@DisabledOnOs(OS.WINDOWS)
class StartCacheScriptTest {
    private static final Path SCRIPTS =
            Path.of("..", "scripts").toAbsolutePath().normalize();

    @TempDir
    private Path folder = Path.of("");

    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void aJdkAndABuild() throws IOException {
        Files.createDirectories(folder.resolve("jdk/bin"));
        Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"25\"\n");
        Files.writeString(folder.resolve("stamp"), "");
        Files.setLastModifiedTime(
                folder.resolve("stamp"), FileTime.from(Instant.now().minusSeconds(60)));
        java("for a; do case $a in -XX:AOTCacheOutput=*) echo made >\"${a#*=}\";; esac; done");
        environment.put("SLUICE_START_CACHE", "wait");
    }

    @Test
    void aCacheThatIsMissingIsMadeAndThenUsed() throws Exception {
        assertTrue(use().contains("just made"));
        assertEquals("made\n", Files.readString(only(".aot")));
        String again = use();
        assertTrue(again.startsWith("-XX:AOTCache=" + only(".aot")), again);
        assertFalse(again.contains("just made"));
    }

    @Test
    void aRunDoesNotWaitForItsCacheUnlessAskedTo() throws Exception {
        environment.put("SLUICE_START_CACHE", "on");
        String first = use();
        assertTrue(first.contains("it is being made"), first);
        assertFalse(first.contains("-XX:AOTCache"), first);
        for (int i = 0; i < 300 && list(".key").isEmpty(); i++) {
            Thread.sleep(20);
        }
        assertTrue(use().startsWith("-XX:AOTCache="));
    }

    @Test
    void anotherJdkOtherFlagsOrANewBuildMakeItAnew() throws Exception {
        use();
        Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"25.0.1\"\n");
        assertTrue(use().contains("just made"), "another JDK");
        assertTrue(use("--other-flag").contains("just made"), "other flags");
        Files.setLastModifiedTime(
                folder.resolve("stamp"), FileTime.from(Instant.now().plusSeconds(60)));
        assertFalse(use("--other-flag").contains("-XX:AOTCache"), "older than the build");
    }

    @Test
    void whatCannotBeMadeIsSaidAndNotTriedAgainUntilSomethingChanges() throws Exception {
        java("echo no room left; exit 1");
        assertTrue(use().contains("could not be made"));
        java("echo made twice >\"" + folder.resolve("called") + "\"");
        assertTrue(use().contains("could not be made"));
        assertFalse(Files.exists(folder.resolve("called")));
        assertEquals("no room left\n", Files.readString(only(".log")));
        assertTrue(list(".aot").isEmpty());
        assertTrue(list(".lock").isEmpty());
        Files.delete(only(".failed"));
        use();
        assertTrue(Files.exists(folder.resolve("called")));
    }

    @Test
    void aFolderThatCannotBeWrittenMeansNoCache() throws Exception {
        Files.writeString(folder.resolve("cache"), "a file where the folder should be");
        String used = use();
        assertTrue(used.contains("cannot be written"), used);
        assertFalse(used.contains("-XX:AOTCache"), used);
    }

    @Test
    void itCanBeSwitchedOff() throws Exception {
        use();
        environment.put("SLUICE_START_CACHE", "off");
        assertEquals(" off (SLUICE_START_CACHE=off)", use());
    }

    @Test
    void withoutAHomeThereIsNone() throws Exception {
        environment.put("SLUICE_CACHE_DIR", "");
        environment.put("XDG_CACHE_HOME", "");
        environment.put("HOME", "");
        assertTrue(use().contains("no folder to keep it in"));
    }

    /** What the launcher would do: the flags for the JVM, a space, the note. */
    private String use(String... flags) throws Exception {
        String script = "set -eu; script_name=test; root=/some/checkout; build_stamp='" + folder.resolve("stamp")
                + "'; JAVA_HOME='" + folder.resolve("jdk") + "'; . '" + SCRIPTS + "/lib/common.sh'; . '" + SCRIPTS
                + "/lib/startcache.sh'; use_start_cache plain --base-flag " + String.join(" ", flags)
                + "; printf '%s %s' \"${start_cache_flags[*]-}\" \"$start_cache_note\"";
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", script).redirectErrorStream(true);
        builder.environment().put("SLUICE_CACHE_DIR", folder.resolve("cache").toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), output);
        return output;
    }

    private void java(String body) throws IOException {
        Path java = folder.resolve("jdk/bin/java");
        Files.writeString(java, "#!/bin/sh\n" + body + "\n");
        assertTrue(java.toFile().setExecutable(true));
    }

    private Path only(String suffix) throws IOException {
        return list(suffix).getFirst();
    }

    private List<Path> list(String suffix) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("cache/start"))) {
            return files.filter(file -> file.toString().endsWith(suffix)).toList();
        }
    }
}
