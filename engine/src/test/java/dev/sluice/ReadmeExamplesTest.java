package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The Java code in README.md compiles against the library as it is. */
class ReadmeExamplesTest {
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```java\\R(.*?)^```");

    @TempDir
    static Path folder;

    @TestFactory
    Stream<DynamicTest> everyExampleCompiles() throws IOException {
        Path readme = Path.of("").toAbsolutePath().resolveSibling("README.md");
        Matcher matcher = BLOCK.matcher(Files.readString(readme));
        List<String> blocks = new ArrayList<>();
        while (matcher.find()) {
            blocks.add(matcher.group(1));
        }
        assertFalse(blocks.isEmpty(), "README.md shows how to embed the library");
        return IntStream.range(0, blocks.size())
                .mapToObj(i -> DynamicTest.dynamicTest("example " + (i + 1), () -> compile(i, blocks.get(i))));
    }

    private static void compile(int number, String block) throws IOException, InterruptedException {
        String imports = block.lines().filter(l -> l.startsWith("import ")).collect(Collectors.joining("\n"));
        String body = block.lines().filter(l -> !l.startsWith("import ")).collect(Collectors.joining("\n"));
        String name = "Example" + number;
        Path source = folder.resolve(name + ".java");
        Files.writeString(
                source, imports + "\nclass " + name + " {\nstatic void run() throws Exception {\n" + body + "\n}\n}\n");

        String path = Stream.of("jdk.module.path", "java.class.path")
                .map(key -> System.getProperty(key, ""))
                .filter(value -> !value.isEmpty())
                .collect(Collectors.joining(File.pathSeparator));
        Path javac = Path.of(System.getProperty("java.home"), "bin", "javac");
        Process process = new ProcessBuilder(
                        javac.toString(), "-proc:none", "-classpath", path, "-d", folder.toString(), source.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), () -> block + "\n" + output);
    }
}
