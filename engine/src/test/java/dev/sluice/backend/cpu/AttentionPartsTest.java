package dev.sluice.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.KvType;
import dev.sluice.graph.Op;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Attention however it is computed and cut, on one or several sequences, against the definition. */
class AttentionPartsTest {
    private static final int[][][] STEPS = {
        {{0, 1}},
        {{15, 1}},
        {{0, 37}},
        {{300, 1}},
        {{600, 10}},
        {{33, 30}},
        {{270, 55}},
        {{0, 33}, {299, 1}, {511, 1}, {0, 1}, {530, 2}},
    };

    private static Op.Attention op(int dim, int heads, int kvHeads, int window) {
        return new Op.Attention(heads, kvHeads, dim, (float) (1 / Math.sqrt(dim)), window);
    }

    static List<Op.Attention> shapes() {
        return List.of(
                op(16, 40, 1, 0),
                op(24, 9, 3, 33),
                op(64, 3, 1, 300),
                op(64, 9, 3, 0),
                op(80, 2, 2, 1),
                op(96, 14, 2, 0),
                op(128, 4, 1, 512),
                op(256, 4, 1, 40));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void everyStepGivesTheDefinitionOnAnyNumberOfThreads(Op.Attention op) {
        for (KvType type : KvType.values()) {
            for (int[][] parts : STEPS) {
                try (AttentionRun run = new AttentionRun(op, type, parts)) {
                    float[] expected = run.expected();
                    for (FloatPath code : FloatPath.available()) {
                        float[] one = run.with(code.kernels(), 1);
                        for (int i = 0; i < one.length; i++) {
                            double error = Math.abs((double) one[i] - expected[i]);
                            String where = code + " " + type + " " + Arrays.deepToString(parts) + ", head "
                                    + i / op.headDim() + " differs by ";
                            assertTrue(error <= limit(op), where + error);
                        }
                        assertArrayEquals(one, run.with(code.kernels(), 3), code + ": the same bits on 3 threads");
                    }
                }
            }
        }
    }

    /** As in {@link AttentionTest}, with sums over blocks of positions that are longer. */
    private static double limit(Op.Attention op) {
        return 6 * (6 * Math.sqrt(op.headDim() + 256) * 0x1p-24 + 0x1p-21);
    }

    @ParameterizedTest
    @EnumSource(KvType.class)
    void bothWidthsOfRegistersGiveTheSameBits(KvType type) {
        Kernels narrow = FloatPath.AVX2.kernels();
        Kernels wide = FloatPath.AVX512.kernels();
        for (int[][] parts : STEPS) {
            try (AttentionRun run = new AttentionRun(op(80, 15, 3, 0), type, parts)) {
                assertArrayEquals(run.with(wide, 2), run.with(narrow, 2));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(FloatPath.class)
    void aContextOfMoreThanTheMostChunksHasLongerOnes(FloatPath path) {
        Op.Attention op = op(16, 6, 3, 0);
        try (AttentionRun run = new AttentionRun(op, KvType.F16, new int[] {9000, 1}, new int[] {20, 1})) {
            float[] expected = run.expected();
            float[] y = run.with(path.kernels(), 2);
            for (int i = 0; i < y.length; i++) {
                assertEquals(expected[i], y[i], limit(op));
            }
            for (int threads : new int[] {1, 5, 13}) { // which take eight chunks at once, two, or one
                assertArrayEquals(y, run.with(path.kernels(), threads), threads + " threads");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(FloatPath.class)
    void aPartIsComputedAloneAsInCompany(FloatPath code) {
        Kernels kernels = code.kernels();
        Op.Attention op = op(64, 9, 3, 0);
        try (AttentionRun alone = new AttentionRun(op, KvType.F16, new int[] {511, 1});
                AttentionRun company = new AttentionRun(op, KvType.F16, new int[] {511, 1}, new int[] {700, 1})) {
            float[] y = alone.with(kernels, 3);
            float[] both = company.with(kernels, 3);
            for (int i = 0; i < y.length; i++) {
                assertEquals(y[i], both[i]);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(FloatPath.class)
    void whatIsNoNumberReachesThoseQueriesThatSeeIt(FloatPath code) {
        Kernels kernels = code.kernels();
        Op.Attention op = op(64, 4, 2, 0);
        float[] number = Runs.normal(64, 3);
        float[] none = number.clone();
        none[17] = Float.NaN;
        for (KvType type : KvType.values()) {
            for (boolean key : new boolean[] {true, false}) {
                try (AttentionRun run = new AttentionRun(op, type, new int[] {600, 4})) {
                    run.cache(0).put(1, 602, key ? none : number, 0, key ? number : none, 0);
                    float[] y = run.with(kernels, 2);
                    for (int i = 0; i < y.length; i++) {
                        int token = i / op.width();
                        int head = i % op.width() / 64;
                        // A block of queries may carry it to those before, whose weight for it is 0.
                        if (token >= 2 || head < 2) {
                            boolean element = key || i % 64 == 17 || (type == KvType.Q8_0 && i % 64 < 32);
                            assertEquals(head >= 2 && element, Float.isNaN(y[i]), type + " head " + head + " " + i);
                        }
                    }
                }
            }
        }
    }
}
