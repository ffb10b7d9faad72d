package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
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

    private static void compile(int number, String block) throws IOException {
        String imports = block.lines().filter(l -> l.startsWith("import ")).collect(Collectors.joining("\n"));
        String body = block.lines().filter(l -> !l.startsWith("import ")).collect(Collectors.joining("\n"));
        String name = "Example" + number;
        Path source = folder.resolve(name + ".java");
        Files.writeString(
                source, imports + "\nclass " + name + " {\nstatic void run() throws Exception {\n" + body + "\n}\n}\n");

        JavaCompiler compiler = Objects.requireNonNull(ToolProvider.getSystemJavaCompiler(), "a JDK runs the tests");
        DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(problems, Locale.ROOT, null)) {
            String path = Stream.of("jdk.module.path", "java.class.path")
                    .map(key -> System.getProperty(key, ""))
                    .filter(value -> !value.isEmpty())
                    .collect(Collectors.joining(File.pathSeparator));
            compiler.getTask(
                            null,
                            files,
                            problems,
                            List.of("-proc:none", "-classpath", path, "-d", folder.toString()),
                            null,
                            files.getJavaFileObjects(source))
                    .call();
        }
        String errors = problems.getDiagnostics().stream()
                .filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
                .map(d -> d.getLineNumber() + ": " + d.getMessage(Locale.ROOT))
                .collect(Collectors.joining("\n"));
        assertEquals("", errors, block);
    }
}
