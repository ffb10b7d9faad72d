package dev.sluice.backend.opencl;

import static dev.sluice.backend.opencl.OpenClRuns.assertClose;
import static dev.sluice.backend.opencl.OpenClRuns.random;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.Step;
import dev.sluice.backend.cpu.ScalarOps;
import dev.sluice.backend.tiles.WeightLayout;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Matrices that are larger than a device's largest buffer. */
class PiecesTest {
    private static final double LIMIT = 1e-9;

    /** Less than the matrices below take, and enough for every vector and activation. */
    private static final long LARGEST_BUFFER = 30_000;

    static Stream<OpenClRuns.Variant> variants() {
        return OpenClRuns.variants();
    }

    private static OpenClDevice openSmall(OpenClRuns.Variant variant) {
        DeviceInfo i = variant.info();
        DeviceInfo small = new DeviceInfo(
                i.id(), i.backend(), i.kind(), i.name(), i.platform(), i.memoryBytes(), LARGEST_BUFFER, Map.of());
        return new OpenClRuns.Variant(small, variant.shape()).open();
    }

    @Test
    void piecesAreWholeTilesInOrder() {
        Tensor matrix = TestBlocks.random(DType.F32, 8, 70, 1);
        // Two tiles of 16 rows by 8 columns fit.
        List<Tensor> pieces = new Pieces(WeightLayout.TILES, 1100).of(matrix);
        assertEquals(
                List.of(32L, 32L, 6L),
                pieces.stream().map(p -> p.shape().rows()).toList());
        assertEquals(pieces, new Pieces(WeightLayout.TILES, 1100).of(matrix));
        MemorySegment joined = MemorySegment.ofArray(new byte[70 * 32]);
        MemorySegment.copy(pieces.get(0).data(), 0, joined, 0, 32 * 32);
        MemorySegment.copy(pieces.get(1).data(), 0, joined, 32 * 32, 32 * 32);
        MemorySegment.copy(pieces.get(2).data(), 0, joined, 64 * 32, 6 * 32);
        assertEquals(-1, joined.mismatch(matrix.data()));
        assertEquals(List.of(matrix), new Pieces(WeightLayout.TILES, 5 * 512).of(matrix));
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void productsAndLookUpsInPiecesAgree(OpenClRuns.Variant variant) {
        int width = 96;
        int[] ids = {0, 199, 100, 16, -1, 200};
        Tensor table = TestBlocks.random(DType.F32, width, 200, 1);
        float[] biasValues = random(200, 2);
        LayerBuilder embedding = new LayerBuilder("embedding", Layer.Kind.EMBEDDING, 1);
        Op.Embed look = new Op.Embed(table, 2f);
        embedding.add(look, embedding.input());
        LayerBuilder head = new LayerBuilder("head", Layer.Kind.HEAD, width);
        head.add(new Op.Linear(table, TestBlocks.floats("bias", biasValues, 200)), head.input());
        try (OpenClDevice device = openSmall(variant);
                CompiledLayer first = device.compile(embedding.build());
                CompiledLayer last = device.compile(head.build());
                DeviceMemory in = device.allocate(4L * ids.length);
                DeviceMemory out = device.allocate(4L * ids.length * width)) {
            assertEquals(13L * 16 * 4 * width, first.residentBytes());
            in.write(0, MemorySegment.ofArray(ids));
            first.submit(new Step(0, ids.length, 1), in, out);
            float[] y = new float[ids.length * width];
            out.read(0, MemorySegment.ofArray(y));
            float[] expected = ScalarOps.embed(look, new int[] {0, 199, 100, 16});
            assertClose(expected, Arrays.copyOf(y, 4 * width), 1e-12, "look-up");
            assertEquals(
                    2L * width,
                    IntStream.range(4 * width, 6 * width)
                            .filter(i -> Float.isNaN(y[i]))
                            .count());
            for (int tokens : new int[] {1, 9}) {
                float[] x = random(tokens * width, tokens);
                float[] logits = OpenClRuns.step(device, last, null, new Step(0, tokens, tokens), x);
                assertClose(ScalarOps.linear(table, biasValues, x), logits, LIMIT, tokens + " tokens");
            }
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void fusedProductsInPiecesAgree(OpenClRuns.Variant variant) {
        int width = 96;
        float[] gain = random(width, 8);
        Op.GatedFfn op = new Op.GatedFfn(
                TestBlocks.random(DType.F32, width, 100, 1),
                TestBlocks.random(DType.F32, width, 100, 2),
                TestBlocks.random(DType.F32, 100, width, 3),
                Activation.SILU);
        LayerBuilder b = new LayerBuilder("ffn", Layer.Kind.BLOCK, width);
        int u = b.add(new Op.RmsNorm(TestBlocks.floats("gain", gain, width), 1e-5f, width), b.input());
        b.add(new Op.Add(width), b.add(op, u), b.input());
        try (OpenClDevice device = openSmall(variant)) {
            for (int tokens : new int[] {1, 9}) {
                float[] x = random(tokens * width, tokens);
                float[] expected = ScalarOps.add(ScalarOps.gatedFfn(op, ScalarOps.rmsNorm(x, gain, 1e-5f)), x);
                assertClose(expected, OpenClRuns.run(device, b.build(), x), LIMIT, tokens + " tokens");
            }
        }
    }
}
