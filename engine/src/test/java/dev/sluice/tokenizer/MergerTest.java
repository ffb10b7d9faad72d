package dev.sluice.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Both ways to merge against the definition: look at all pairs, merge the best, begin again. */
class MergerTest {
    private static final int LETTERS = 3;

    /** A rule over symbols that are numbers: some pairs merge, into a symbol that depends on both. */
    private record RandomRule(int seed, int priorities) implements MergeRule {
        @Override
        public long find(byte[] text, int left, int right, int from, int to) {
            int mix = (left * 31 + right) * 0x9E3779B9 + seed;
            mix ^= mix >>> 15;
            boolean merges = (mix & 3) != 0 && to - from < 12;
            return merges ? MergeRule.merge((mix >>> 8) % priorities, (mix >>> 4) & 0xFF) : NONE;
        }
    }

    @Test
    void shortAndLongWordsMergeAsTheDefinitionSays() {
        Random random = new Random(11);
        for (int round = 0; round < 2000; round++) {
            MergeRule rule = new RandomRule(random.nextInt(), 1 + random.nextInt(40));
            byte[] text = new byte[1 + random.nextInt(120)];
            for (int i = 0; i < text.length; i++) {
                text[i] = (byte) random.nextInt(LETTERS);
            }
            assertEquals(byDefinition(rule, text), merged(rule, text));
        }
    }

    @Test
    void aWordOfAMillionLettersTakesNoLongTime() {
        MergeRule pairs = (text, left, right, from, to) ->
                left == right && to - from <= 64 ? MergeRule.merge(to - from, left + 1) : MergeRule.NONE;
        List<Integer> symbols =
                assertTimeoutPreemptively(Duration.ofSeconds(20), () -> merged(pairs, new byte[1 << 20]));
        assertEquals((1 << 20) / 64, symbols.size());
    }

    private static List<Integer> merged(MergeRule rule, byte[] text) {
        Merger merger = new Merger(rule);
        for (int i = 0; i < text.length; i++) {
            merger.add(text[i], i, i + 1);
        }
        merger.merge(text);
        List<Integer> symbols = new ArrayList<>();
        for (int i = 0; i < merger.count(); i++) {
            symbols.add(merger.id(i));
        }
        return symbols;
    }

    private static List<Integer> byDefinition(MergeRule rule, byte[] text) {
        List<Integer> ids = new ArrayList<>();
        List<Integer> starts = new ArrayList<>();
        for (int i = 0; i < text.length; i++) {
            ids.add((int) text[i]);
            starts.add(i);
        }
        starts.add(text.length);
        while (true) {
            int best = -1;
            long bestMerge = MergeRule.NONE;
            for (int i = 0; i + 1 < ids.size(); i++) {
                long merge = rule.find(text, ids.get(i), ids.get(i + 1), starts.get(i), starts.get(i + 2));
                if (merge >> 32 < bestMerge >> 32) {
                    best = i;
                    bestMerge = merge;
                }
            }
            if (best < 0) {
                return ids;
            }
            ids.set(best, (int) bestMerge);
            ids.remove(best + 1);
            starts.remove(best + 1);
        }
    }
}
