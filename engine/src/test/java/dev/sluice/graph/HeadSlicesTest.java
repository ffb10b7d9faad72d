package dev.sluice.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeadSlicesTest {
    private static final int WIDTH = 32;

    /** A model whose only block has {@code blockRows} rows of the head's kind. */
    private static Graph graph(int vocabulary, int blockRows) {
        Tensor table = TestBlocks.random(DType.Q8_0, WIDTH, vocabulary, 1);
        LayerBuilder embedding = new LayerBuilder("embedding", Layer.Kind.EMBEDDING, 1);
        embedding.add(new Op.Embed(table, 1), embedding.input());
        LayerBuilder block = new LayerBuilder("block 0", Layer.Kind.BLOCK, WIDTH);
        block.add(new Op.Linear(TestBlocks.random(DType.Q8_0, WIDTH, blockRows, 2), null), block.input());
        LayerBuilder head = new LayerBuilder("head", Layer.Kind.HEAD, WIDTH);
        int normed = head.add(
                new Op.RmsNorm(TestBlocks.floats("gain", new float[WIDTH], WIDTH), 1e-5f, WIDTH), head.input());
        Tensor bias = TestBlocks.floats("bias", new float[vocabulary], vocabulary);
        head.add(new Op.Linear(table, bias), normed);
        return new Graph("test", WIDTH, vocabulary, 16, List.of(embedding.build(), block.build(), head.build()));
    }

    @ParameterizedTest
    @CsvSource({"2000, 512, 4", "2000, 2000, 1", "1999, 640, 4", "100, 32, 1", "1025, 1024, 2"})
    void slicesAreRunsOfRowsOfABlocksSize(int vocabulary, int blockRows, int count) {
        HeadSlices slices = new HeadSlices(graph(vocabulary, blockRows));
        assertEquals(count, slices.count());
        assertEquals(count, slices.all().size());
        List<HeadSlices.Part> parts = slices.parts(slices.all());
        assertEquals(count, parts.size());
        int at = 0;
        for (HeadSlices.Part part : parts) {
            assertTrue(part.apart());
            at = checked(part.layer(), at, vocabulary);
        }
        assertEquals(vocabulary, at);
    }

    /** Looks at one slice. @return the column behind its last */
    private static int checked(Layer layer, int from, int vocabulary) {
        assertEquals(Layer.Kind.HEAD, layer.kind());
        assertEquals(vocabulary, layer.outputWidth());
        Op.Linear product = (Op.Linear) layer.nodes().getLast().op();
        assertEquals(from, product.column());
        assertEquals(0, from % 128);
        Tensor bias = Objects.requireNonNull(product.bias());
        assertEquals(product.weight().shape().rows(), bias.shape().elements());
        int to = from + (int) product.weight().shape().rows();
        boolean whole = from == 0 && to == vocabulary;
        assertEquals(whole ? "head" : "head rows " + from + " to " + (to - 1), layer.name());
        assertEquals(2, layer.nodes().size(), "each norms for itself");
        return to;
    }

    @Test
    void whatLiesBetweenSlicesIsOneLayer() {
        HeadSlices slices = new HeadSlices(graph(128 * 7, 128));
        assertEquals(7, slices.count());
        List<HeadSlices.Part> parts = slices.parts(Set.of(2, 3, 5));
        assertEquals(
                List.of("0 to 255", "256 to 383", "384 to 511", "512 to 639", "640 to 767", "768 to 895"),
                parts.stream()
                        .map(part -> part.layer().name().replace("head rows ", ""))
                        .toList());
        assertEquals(
                List.of(false, true, true, false, true, false),
                parts.stream().map(HeadSlices.Part::apart).toList());
    }

    @Test
    void withoutSlicesTheHeadIsItself() {
        Graph graph = graph(2000, 512);
        HeadSlices.Part only = new HeadSlices(graph).parts(Set.of()).getFirst();
        assertSame(graph.layers().getLast(), only.layer());
        assertFalse(only.apart());
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 4})
    void slicesThatAreNotThereAreRefused(int slice) {
        HeadSlices slices = new HeadSlices(graph(2000, 512));
        assertThrows(IllegalArgumentException.class, () -> slices.parts(Set.of(slice)));
    }

    @Test
    void onlyTheLastOperationMayLeaveColumnsToOthers() {
        LayerBuilder b = new LayerBuilder("block", Layer.Kind.BLOCK, WIDTH);
        int part = b.add(new Op.Linear(TestBlocks.random(DType.Q8_0, WIDTH, 16, 1), null, 16, WIDTH), b.input());
        b.add(new Op.Add(WIDTH), part, b.input());
        assertThrows(IllegalArgumentException.class, b::build);
        Tensor weight = TestBlocks.random(DType.Q8_0, WIDTH, 16, 1);
        assertThrows(IllegalArgumentException.class, () -> new Op.Linear(weight, null, 17, WIDTH));
        assertThrows(IllegalArgumentException.class, () -> new Op.Linear(weight, null, -1, WIDTH));
    }
}
