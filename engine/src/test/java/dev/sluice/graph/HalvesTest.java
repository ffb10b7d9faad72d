package dev.sluice.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.model.ModelFamilies;
import dev.sluice.tensor.Tensor;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HalvesTest {
    private static ModelSource model(String name) {
        try {
            return ModelFiles.open(Path.of(
                    Objects.requireNonNull(HalvesTest.class.getResource("/conformance/models/" + name + ".gguf"))
                            .toURI()));
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @CsvSource({"llama3-gqa, 3", "gemma3, 4"})
    void everyBlockIsCutWhereTheResidualStreamAlonePassesOn(String name, int later) {
        try (ModelSource source = model(name)) {
            Graph graph = ModelFamilies.lower(source);
            for (Layer layer : graph.layers().subList(1, graph.layers().size() - 1)) {
                Halves halves = Halves.of(layer).orElseThrow();
                Layer first = halves.attention();
                Layer second = halves.feedForward();
                assertEquals(layer.name() + " attention", first.name());
                assertEquals(layer.name() + " feed-forward", second.name());
                assertEquals(layer.attention(), first.attention());
                assertTrue(second.attention().isEmpty());
                assertEquals(graph.embedding(), first.outputWidth());
                assertEquals(graph.embedding(), second.inputWidth());
                assertEquals(layer.outputWidth(), second.outputWidth());
                assertEquals(later, second.nodes().size());
                assertTrue(first.nodes().getLast().op() instanceof Op.Add);
                List<Tensor> weights = new ArrayList<>(first.weights());
                weights.addAll(second.weights());
                assertEquals(layer.weights(), weights, "each weight in one half, in the order of the whole");
            }
        }
    }

    /** The second half reads its own values and its input alone. */
    @ParameterizedTest
    @ValueSource(strings = {"llama3-gqa", "gemma3"})
    void valuesAreNumberedAnew(String name) {
        try (ModelSource source = model(name)) {
            Layer half = Halves.of(ModelFamilies.lower(source).layers().get(1))
                    .orElseThrow()
                    .feedForward();
            for (int i = 0; i < half.nodes().size(); i++) {
                Node node = half.nodes().get(i);
                assertEquals(i + 1, node.output());
                int own = i + 1;
                assertTrue(node.inputs().stream().allMatch(v -> v >= 0 && v < own), node.inputs()::toString);
            }
            assertEquals(0, half.nodes().getFirst().inputs().getFirst());
            assertTrue(half.nodes().getLast().inputs().contains(0), "the residual stream");
        }
    }

    @Test
    void embeddingHeadAndBlocksThatPassMoreOnAreNotCut() {
        try (ModelSource source = model("llama3-gqa")) {
            Graph graph = ModelFamilies.lower(source);
            assertFalse(Halves.of(graph.layers().getFirst()).isPresent());
            assertFalse(Halves.of(graph.layers().getLast()).isPresent());
            Layer block = graph.layers().get(1);
            // The block's input is added once more at the end.
            LayerBuilder more = new LayerBuilder("block", Layer.Kind.BLOCK, block.inputWidth());
            for (Node node : block.nodes()) {
                more.add(node.op(), node.inputs().stream().mapToInt(v -> v).toArray());
            }
            more.add(new Op.Add(block.outputWidth()), block.nodes().getLast().output(), more.input());
            assertFalse(Halves.of(more.build()).isPresent());
        }
    }
}
