package dev.sluice.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.LoadOptions;
import dev.sluice.Model;
import dev.sluice.Session;
import dev.sluice.Sluice;
import dev.sluice.backend.KvType;
import dev.sluice.backend.Precision;
import dev.sluice.runtime.GenerateOptions;
import dev.sluice.runtime.Sampling;
import dev.sluice.runtime.Sequence;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Small models against the logits that another engine computed from the same weights, on every device. The limits are
 * those of docs/PRECISION.md.
 */
class ConformanceTest {
    private static final double CPU_LIMIT = 1e-9;
    private static final double OPENCL_LIMIT = 1e-6;
    /** Activations rounded to bytes, where the device does so. */
    private static final double ROUNDED_LIMIT = 1e-3;
    /** f16 keys and values: each carries a relative error of 2⁻¹¹ at most. */
    static final double F16_KV_LIMIT = 1e-5;

    static Stream<Arguments> modelsOnDevices() throws IOException {
        List<Path> models = Stream.concat(list("models"), list("quants")).toList();
        return TestDevices.all().stream()
                .flatMap(device -> models.stream()
                        .map(model -> Arguments.of(device, model.getFileName().toString(), model)));
    }

    /** Without the formats on OpenCL devices: a driver compiles another program for each to generate with. */
    static Stream<Arguments> modelsAndFormatsOfTheCpu() throws IOException {
        return modelsOnDevices().filter(arguments -> !isFormatOnOpenCl(arguments));
    }

    static Stream<Arguments> formatsOnOpenCl() throws IOException {
        return modelsOnDevices().filter(ConformanceTest::isFormatOnOpenCl);
    }

    private static boolean isFormatOnOpenCl(Arguments arguments) {
        return !arguments.get()[0].equals("cpu")
                && arguments.get()[2].toString().contains("quants");
    }

    private static Stream<Path> list(String folder) throws IOException {
        URL url = Objects.requireNonNull(ConformanceTest.class.getResource("/conformance/" + folder));
        try (Stream<Path> files = Files.list(Path.of(url.toURI()))) {
            return files.filter(f -> f.toString().endsWith(".gguf")).sorted().toList().stream();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static double limit(String device) {
        return device.equals("cpu") ? CPU_LIMIT : OPENCL_LIMIT;
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("modelsOnDevices")
    void logitsAgreeHoweverThePromptIsCut(String device, String name, Path path) throws IOException {
        Reference reference = Reference.of(path);
        try (Model model =
                Sluice.load(path, LoadOptions.DEFAULT.withDevice(device).withPrecision(Precision.EXACT))) {
            for (int chunk : new int[] {reference.tokens().length, 5, 1}) {
                double nmse = reference.nmse(Reference.logits(model, reference.tokens(), chunk));
                assertTrue(
                        nmse <= limit(device),
                        name + " on " + device + " in chunks of " + chunk + ": NMSE " + nmse + ", path "
                                + model.path());
            }
        }
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("modelsOnDevices")
    void roundedActivationsStayWithinTheirLimit(String device, String name, Path path) throws IOException {
        Reference reference = Reference.of(path);
        try (Model model = Sluice.load(path, LoadOptions.DEFAULT.withDevice(device))) {
            for (int chunk : new int[] {reference.tokens().length, 1}) {
                double nmse = reference.nmse(Reference.logits(model, reference.tokens(), chunk));
                assertTrue(nmse <= ROUNDED_LIMIT, name + " on " + device + ": NMSE " + nmse + ", " + model.path());
            }
        }
    }

    static Stream<Path> quants() throws IOException {
        return list("quants");
    }

    @ParameterizedTest
    @MethodSource("quants")
    void threadsChangeNoBit(Path path) throws IOException {
        int[] tokens = Reference.of(path).tokens();
        LoadOptions options = LoadOptions.DEFAULT.withDevice("cpu");
        for (int chunk : new int[] {tokens.length, 1}) {
            float[][] expected = logits(path, options.withThreads(1), tokens, chunk);
            for (int threads : new int[] {2, 5}) {
                float[][] actual = logits(path, options.withThreads(threads), tokens, chunk);
                assertArrayEquals(expected, actual, threads + " threads, chunks of " + chunk);
            }
        }
    }

    private static float[][] logits(Path path, LoadOptions options, int[] tokens, int chunk) {
        try (Model model = Sluice.load(path, options)) {
            return Reference.logits(model, tokens, chunk);
        }
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("formatsOnOpenCl")
    @Tag("slow")
    void greedyTokensAgreeInEveryFormat(String device, String name, Path path) throws IOException {
        greedyTokensAgree(device, name, path);
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("modelsAndFormatsOfTheCpu")
    void greedyTokensAgree(String device, String name, Path path) throws IOException {
        Reference reference = Reference.of(path);
        GenerateOptions options = GenerateOptions.DEFAULT
                .withSampling(Sampling.GREEDY)
                .withMaxTokens(reference.greedy().length)
                .withIgnoreEnd(true);
        try (Model model =
                        Sluice.load(path, LoadOptions.DEFAULT.withDevice(device).withPrecision(Precision.EXACT));
                Session session = model.newSession()) {
            int[] actual = session.generate(reference.tokens(), options, piece -> {}).tokens().stream()
                    .mapToInt(Integer::intValue)
                    .toArray();
            assertArrayEquals(reference.greedy(), actual, name + " on " + device);
        }
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("modelsOnDevices")
    void halfPrecisionKeysAndValuesStayWithinTheirLimit(String device, String name, Path path) throws IOException {
        Reference reference = Reference.of(path);
        LoadOptions options = LoadOptions.DEFAULT
                .withDevice(device)
                .withPrecision(Precision.EXACT)
                .withKvType(KvType.F16);
        try (Model model = Sluice.load(path, options)) {
            double nmse = reference.nmse(Reference.logits(model, reference.tokens(), 7));
            assertTrue(nmse <= F16_KV_LIMIT, name + " on " + device + ": NMSE " + nmse);
        }
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("modelsOnDevices")
    void aSecondSessionDoesNotDisturbTheFirst(String device, String name, Path path) throws IOException {
        Reference reference = Reference.of(path);
        int[] tokens = reference.tokens();
        int half = tokens.length / 2;
        try (Model model =
                        Sluice.load(path, LoadOptions.DEFAULT.withDevice(device).withPrecision(Precision.EXACT));
                Sequence first = model.newSequence(tokens.length);
                Sequence second = model.newSequence(tokens.length)) {
            first.append(tokens, 0, half, 0);
            second.append(tokens, half, tokens.length - half, 1);
            first.append(tokens, half, tokens.length - half, tokens.length - half);
            float[] row = new float[model.graph().vocabulary()];
            first.logits(tokens.length - half - 1, row);
            float[] expected = reference.logits()[tokens.length - 1];
            double error = 0;
            double power = 0;
            for (int i = 0; i < row.length; i++) {
                error += Math.pow(row[i] - expected[i], 2);
                power += Math.pow(expected[i], 2);
            }
            assertEquals(0, error / power, 10 * limit(device), name + " on " + device);
        }
    }
}
