package dev.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.backend.KvType;
import dev.sluice.graph.Graph;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Shape;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Bytes and operations of a model small enough to count them by hand. */
class WorkTest {
    /** One norm of 4 and the matrices q and o of 4 × 4, k and v of 4 × 2, in f32. */
    private static final int BLOCK_BYTES = 4 * (4 + 16 + 8 + 8 + 16);
    /** A norm of 4 and a matrix of 4 × 8. */
    private static final int HEAD_BYTES = 4 * (4 + 32);
    /** Per token: embedding 4, norm 16, products 2 · 48, sum 4. */
    private static final int TOKEN_FLOPS = 4 + 16 + 96 + 4;
    /** Per token whose logits are computed: norm 16, product 2 · 32. */
    private static final int OUTPUT_FLOPS = 16 + 64;
    /** Two heads of two: 2 · 4 for the score and 2 · 4 for the sum, with each position seen. */
    private static final int SEEN_FLOPS = 16;
    /** Keys and values of one head of two. */
    private static final int KV_FLOATS = 4;

    private static Graph graph(int window) {
        Tensor table = tensor("table", 4, 8);
        LayerBuilder embedding = new LayerBuilder("embedding", Layer.Kind.EMBEDDING, 1);
        embedding.add(new Op.Embed(table, 1), embedding.input());
        LayerBuilder b = new LayerBuilder("block 0", Layer.Kind.BLOCK, 4);
        int normed = b.add(new Op.RmsNorm(tensor("norm", 4, 1), 1e-5f, 4), b.input());
        int q = b.add(new Op.Linear(tensor("q", 4, 4), null), normed);
        int k = b.add(new Op.Linear(tensor("k", 4, 2), null), normed);
        int v = b.add(new Op.Linear(tensor("v", 4, 2), null), normed);
        int a = b.add(new Op.Attention(2, 1, 2, 1, window), q, k, v);
        b.add(new Op.Add(4), b.input(), b.add(new Op.Linear(tensor("o", 4, 4), null), a));
        LayerBuilder head = new LayerBuilder("head", Layer.Kind.HEAD, 4);
        int last = head.add(new Op.RmsNorm(tensor("last", 4, 1), 1e-5f, 4), head.input());
        head.add(new Op.Linear(table, null), last);
        return new Graph("test", 4, 8, 64, List.of(embedding.build(), b.build(), head.build()));
    }

    private static Tensor tensor(String name, int cols, int rows) {
        return new Tensor(name, DType.F32, Shape.of(cols, rows), MemorySegment.ofArray(new float[cols * rows]));
    }

    private static void check(ThroughputTest test, int window, KvType kv, int batch, double bytes, double flops) {
        assertEquals(new Work(bytes, flops), Work.of(test, graph(window), kv, batch));
    }

    @Test
    void aGeneratedTokenReadsAllWeightsAndTheContextBeforeIt() {
        check(
                new ThroughputTest(0, 2, 9),
                0,
                KvType.F32,
                8,
                2 * (BLOCK_BYTES + HEAD_BYTES) + 4 * KV_FLOATS * (10 + 11),
                2 * (TOKEN_FLOPS + OUTPUT_FLOPS) + SEEN_FLOPS * (10 + 11));
    }

    @Test
    void aPromptReadsTheWeightsOncePerStepAndTheHeadOnce() {
        check(
                new ThroughputTest(10, 0, 0),
                0,
                KvType.F16,
                8,
                2 * BLOCK_BYTES + HEAD_BYTES + 2 * KV_FLOATS * (8 + 10),
                10 * TOKEN_FLOPS + OUTPUT_FLOPS + SEEN_FLOPS * 55);
    }

    @Test
    void aWindowBoundsWhatIsSeen() {
        check(
                new ThroughputTest(4, 1, 6),
                3,
                KvType.F32,
                8,
                // The prompt's four tokens see six positions altogether, the generated one three.
                2 * (BLOCK_BYTES + HEAD_BYTES) + 4 * KV_FLOATS * (6 + 3),
                5 * TOKEN_FLOPS + 2 * OUTPUT_FLOPS + SEEN_FLOPS * (4 * 3 + 3));
    }

    @Test
    void sequencesShareTheWeightsAndReadEachItsOwnContext() {
        check(
                new ThroughputTest(0, 1, 4, 8),
                0,
                KvType.F32,
                8,
                BLOCK_BYTES + HEAD_BYTES + 8 * 4 * KV_FLOATS * 5,
                8 * (TOKEN_FLOPS + OUTPUT_FLOPS + SEEN_FLOPS * 5));
    }

    @Test
    void promptsOfSeveralSequencesFillTheSteps() {
        ThroughputTest test = new ThroughputTest(3, 0, 0, 3);
        assertEquals(
                List.of(
                        List.of(new ThroughputTest.Part(0, 0, 3, true), new ThroughputTest.Part(1, 0, 1, false)),
                        List.of(new ThroughputTest.Part(1, 1, 2, true), new ThroughputTest.Part(2, 0, 2, false)),
                        List.of(new ThroughputTest.Part(2, 2, 1, true))),
                test.promptSteps(4));
        check(
                test,
                0,
                KvType.F32,
                4,
                3 * (BLOCK_BYTES + HEAD_BYTES) + 4 * KV_FLOATS * (3 + 1 + 3 + 2 + 3),
                9 * TOKEN_FLOPS + 3 * OUTPUT_FLOPS + SEEN_FLOPS * 3 * 6);
    }
}
