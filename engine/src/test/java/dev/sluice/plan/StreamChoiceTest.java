package dev.sluice.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.KvType;
import dev.sluice.backend.cpu.CpuBackend;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Graph;
import dev.sluice.graph.HeadSlices;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.model.ModelFamilies;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.TestBlocks;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamChoiceTest {
    private static final int CONTEXT = 32;
    private static final int BATCH = 8;

    private static ModelSource model() {
        try {
            return ModelFiles.open(Path.of(
                    Objects.requireNonNull(StreamChoiceTest.class.getResource("/conformance/models/llama3-gqa.gguf"))
                            .toURI()));
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** With a table of its own for the embedding. */
    private static Graph untied(Graph graph) {
        LayerBuilder embedding = new LayerBuilder("embedding", Layer.Kind.EMBEDDING, 1);
        embedding.add(
                new Op.Embed(TestBlocks.random(DType.F16, graph.embedding(), graph.vocabulary(), 1), 1),
                embedding.input());
        List<Layer> layers = new ArrayList<>(graph.layers());
        layers.set(0, embedding.build());
        return new Graph(graph.family(), graph.embedding(), graph.vocabulary(), graph.contextLength(), layers);
    }

    /** With every budget: what is chosen fits, and slices of the head are among it where nothing else holds that. */
    @ParameterizedTest
    @ValueSource(strings = {"all", "all, untied", "without the embedding"})
    void asFewAsMustBe(String which) {
        CpuBackend cpu = new CpuBackend();
        try (ModelSource source = model();
                Device device = cpu.open(cpu.discover().devices().getFirst(), new DeviceOptions(1, BATCH))) {
            Graph lowered = ModelFamilies.lower(source);
            Graph graph = which.endsWith("untied") ? untied(lowered) : lowered;
            DeviceNeeds needs = new DeviceNeeds(graph, CONTEXT, KvType.F16, BATCH);
            int from = which.startsWith("all") ? 0 : 1;
            int to = graph.layers().size();
            long all = needs.of(device, from, to, Set.of(), Set.of(), 0, Long.MAX_VALUE)
                    .total();
            int slices = 0;
            int blocks = 0;
            int refused = 0;
            for (int percent = 100; percent > 0; percent -= 2) {
                long budget = all * percent / 100;
                Optional<StreamChoice> found = StreamChoice.of(needs, device, from, to, budget);
                if (found.isEmpty()) {
                    refused++;
                    continue;
                }
                StreamChoice choice = found.get();
                assertTrue(choice.bytes().total() <= budget, choice.toString());
                assertEquals(
                        choice.bytes().total(),
                        needs.of(device, from, to, choice.streamed(), choice.slices(), choice.slots(), budget)
                                .total());
                assertEquals(
                        percent == 100,
                        choice.streamed().isEmpty() && choice.slices().isEmpty());
                slices = Math.max(slices, choice.slices().size());
                blocks = Math.max(blocks, choice.streamed().size());
                long crossing = needs.imageBytes(device, choice);
                assertTrue(percent == 100 || crossing > 0);
            }
            assertTrue(refused > 0, "some budgets are too small for anything");
            assertEquals(new HeadSlices(graph).count(), slices);
            assertEquals(graph.layers().size() - 2, blocks);
        }
    }

    @ParameterizedTest
    @CsvSource({"30, 14", "30, 0", "0, 5", "1, 1", "3, 40"})
    void unitsLieAsFarApartInTimeAsTheyCan(int blocks, int slices) {
        for (int count = 0; count <= blocks + slices; count++) {
            Set<Integer> chosen = StreamChoice.spread(blocks, slices, count);
            assertEquals(count, chosen.size());
            assertTrue(chosen.stream().allMatch(unit -> unit >= 0 && unit < blocks + slices), chosen.toString());
            double all = 2.0 * blocks + slices;
            if (2.0 * count <= all / 2) { // none is crowded out
                double last = -all / count / 2;
                for (int unit : chosen.stream().sorted().toList()) {
                    double at = unit < blocks ? 2.0 * unit : blocks + unit;
                    assertEquals(all / count, at - last, 3, chosen.toString());
                    last = at;
                }
            }
        }
    }
}
