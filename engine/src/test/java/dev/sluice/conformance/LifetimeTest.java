package dev.sluice.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.LoadOptions;
import dev.sluice.Model;
import dev.sluice.Session;
import dev.sluice.Sluice;
import dev.sluice.error.SluiceException;
import dev.sluice.opencl.LiveObjects;
import dev.sluice.runtime.GenerateOptions;
import dev.sluice.runtime.Sampling;
import dev.sluice.system.ResidentMemory;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a model takes is given back when it is closed, however often. */
class LifetimeTest {
    private static final int ROUNDS = 100;
    private static final int SETTLED = 40;
    /** The JVM's own heap and compiled code still move a little after the first rounds. */
    private static final long SLACK = 32L << 20;

    private static final GenerateOptions SHORT = GenerateOptions.DEFAULT
            .withSampling(Sampling.GREEDY)
            .withMaxTokens(2)
            .withIgnoreEnd(true);

    static List<String> devices() {
        return TestDevices.all();
    }

    private static Path tiny() {
        URL url = Objects.requireNonNull(LifetimeTest.class.getResource("/conformance/models/llama3-gqa.gguf"));
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("devices")
    void loadingAndClosingLeavesNothingBehind(String device) {
        long before = LiveObjects.count();
        long settled = 0;
        for (int round = 0; round < ROUNDS; round++) {
            try (Model model = Sluice.load(tiny(), LoadOptions.DEFAULT.withDevice(device));
                    Session session = model.newSession()) {
                session.generate(new int[] {1, 2, 3}, SHORT, piece -> {});
            }
            assertEquals(before, LiveObjects.count(), () -> device + ": " + LiveObjects.snapshot());
            if (round == SETTLED) {
                settled = resident();
            }
        }
        long grown = resident() - settled;
        assertTrue(grown <= SLACK, device + ": " + (grown >> 20) + " MiB more after " + ROUNDS + " rounds");
    }

    private static long resident() {
        System.gc();
        return ResidentMemory.current().orElse(0);
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("devices")
    void everythingClosesTwiceAndInAnyOrder(String device) {
        long before = LiveObjects.count();
        Model model = Sluice.load(tiny(), LoadOptions.DEFAULT.withDevice(device));
        Session first = model.newSession();
        Session second = model.newSession();
        first.generate(new int[] {1}, SHORT, piece -> {});
        first.close();
        first.close();
        assertThrows(IllegalStateException.class, () -> first.generate(new int[] {1}, SHORT, piece -> {}));
        model.close();
        model.close();
        assertThrows(IllegalStateException.class, () -> second.generate(new int[] {1}, SHORT, piece -> {}));
        second.close();
        assertEquals(before, LiveObjects.count(), () -> device + ": " + LiveObjects.snapshot());
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("devices")
    void aModelThatDoesNotFitIsRefusedWithTheNumbers(String device) {
        long before = LiveObjects.count();
        LoadOptions options = LoadOptions.DEFAULT.withDevice(device).withMemoryLimit(100_000);
        String message = assertThrows(SluiceException.class, () -> Sluice.load(tiny(), options))
                .getMessage();
        assertTrue(message.contains("does not fit") && message.contains("MiB"), message);
        assertEquals(before, LiveObjects.count(), () -> device + ": " + LiveObjects.snapshot());
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("devices")
    void aFullContextAndImpossibleIdsAreOneMessage(String device) {
        LoadOptions options = LoadOptions.DEFAULT.withDevice(device).withContextLength(8);
        try (Model model = Sluice.load(tiny(), options);
                Session session = model.newSession()) {
            int[] nine = new int[9];
            assertTrue(assertThrows(SluiceException.class, () -> session.generate(nine, SHORT, piece -> {}))
                    .getMessage()
                    .contains("context"));
            assertTrue(assertThrows(SluiceException.class, () -> session.generate(new int[] {-1}, SHORT, piece -> {}))
                    .getMessage()
                    .contains("-1"));
            assertThrows(SluiceException.class, () -> session.generate(new int[0], SHORT, piece -> {}));
        }
    }
}
