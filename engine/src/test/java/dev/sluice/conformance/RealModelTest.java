package dev.sluice.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.LoadOptions;
import dev.sluice.Model;
import dev.sluice.Sluice;
import dev.sluice.TestFiles;
import dev.sluice.backend.Precision;
import dev.sluice.runtime.Sequence;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Published models against another engine's greedy tokens and logits. Needs their files (scripts/fetch-model), under
 * {@code SLUICE_MODELS} or in the cache; runs with the {@code conformance} profile.
 */
@Tag("conformance")
class RealModelTest {
    /**
     * The largest difference of a logit that another order of f32 arithmetic may make (docs/PRECISION.md); GELU's
     * roundings to f16 make Gemma's larger. Where the reference's best two are closer than twice that, either may win.
     */
    private static double limit(Model model) {
        return model.graph().family().equals("gemma3") ? 2e-2 : 1e-3;
    }

    static Stream<Arguments> casesOnDevices() throws IOException {
        List<Arguments> all = new ArrayList<>();
        for (String name : new String[] {"smollm2-135m-q4_1", "gemma3-270m-q4_k_m"}) {
            JsonNode json;
            try (InputStream in = Objects.requireNonNull(
                    RealModelTest.class.getResourceAsStream("/conformance/real/" + name + ".json"))) {
                json = new ObjectMapper().readTree(in);
            }
            for (String device : TestDevices.all()) {
                all.add(Arguments.of(device, json.get("model").asText(), json.get("cases")));
            }
        }
        return all.stream();
    }

    private static Path find(String file) {
        return TestFiles.model(file)
                .orElseGet(() -> Assumptions.abort("there is no " + file + ": scripts/fetch-model gets it"));
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("casesOnDevices")
    void greedyTokensAndLogitsAgree(String device, String file, JsonNode cases) {
        try (Model model =
                Sluice.load(find(file), LoadOptions.DEFAULT.withDevice(device).withPrecision(Precision.EXACT))) {
            for (JsonNode item : cases) {
                check(model, device + ", '" + item.get("prompt").asText() + "'", item);
            }
        }
    }

    private static void check(Model model, String where, JsonNode item) {
        int[] prompt = ints(item.get("ids"));
        int[] expected = ints(item.get("greedy"));
        float[] logits = new float[model.graph().vocabulary()];
        try (Sequence sequence = model.newSequence(1)) {
            sequence.append(prompt, 0, prompt.length, 1);
            sequence.logits(0, logits);
            for (JsonNode pair : item.get("last_top20")) {
                int id = pair.get(0).asInt();
                assertEquals(pair.get(1).asDouble(), logits[id], limit(model), where + ": logit of " + id);
            }
            for (int step = 0; step < expected.length; step++) {
                int best = sequence.bestToken();
                sequence.logits(0, logits);
                // Feeding the reference's token keeps one near tie from changing all that follows.
                assertTrue(
                        best == expected[step] || logits[best] - logits[expected[step]] <= 2 * limit(model),
                        where + ": step " + step + " chose " + best + " (" + logits[best] + "), the reference "
                                + expected[step] + " (" + logits[expected[step]] + ")");
                sequence.append(expected, step, 1, 1);
            }
        }
    }

    private static int[] ints(JsonNode array) {
        int[] values = new int[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).asInt();
        }
        return values;
    }
}
