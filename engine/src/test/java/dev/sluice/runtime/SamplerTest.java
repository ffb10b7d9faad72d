package dev.sluice.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SamplerTest {
    private static final int[] NO_HISTORY = {};
    private static final Sampling ALL = new Sampling(1f, 0, 1f, 0f, 1f, 0, 42);

    private static float[] logits(double... probabilities) {
        float[] logits = new float[probabilities.length];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) Math.log(probabilities[i]);
        }
        return logits;
    }

    private static int[] counts(Sampling sampling, float[] logits, int draws) {
        Sampler sampler = new Sampler(sampling);
        int[] counts = new int[logits.length];
        for (int i = 0; i < draws; i++) {
            counts[sampler.choose(logits.clone(), NO_HISTORY, 0)]++;
        }
        return counts;
    }

    private static Set<Integer> drawn(Sampling sampling, float[] logits) {
        int[] counts = counts(sampling, logits, 2000);
        Set<Integer> ids = new TreeSet<>();
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
                ids.add(i);
            }
        }
        return ids;
    }

    @Test
    void temperatureZeroTakesTheLargestAndTheFirstOfEquals() {
        float[] logits = {1, 3, 2, 3};
        assertEquals(1, new Sampler(Sampling.GREEDY).choose(logits, NO_HISTORY, 0));
    }

    @Test
    void drawsFollowTheProbabilities() {
        double[] p = {0.5, 0.3, 0.15, 0.05};
        int draws = 40_000;
        int[] counts = counts(ALL, logits(p), draws);
        for (int i = 0; i < p.length; i++) {
            // Five standard deviations of a binomial count.
            double bound = 5 * Math.sqrt(draws * p[i] * (1 - p[i]));
            assertEquals(draws * p[i], counts[i], bound, "token " + i);
        }
    }

    @Test
    void temperatureSharpensTheDistribution() {
        int draws = 40_000;
        // At temperature 1/2 probabilities are squared and normalised: 0.8² / (0.8² + 0.2²).
        int[] counts = counts(ALL.withTemperature(0.5f), logits(0.8, 0.2), draws);
        double p = 0.64 / 0.68;
        assertEquals(draws * p, counts[0], 5 * Math.sqrt(draws * p * (1 - p)));
    }

    @Test
    void topKKeepsTheLargest() {
        float[] logits = logits(0.1, 0.3, 0.05, 0.35, 0.2);
        assertEquals(Set.of(1, 3), drawn(ALL.withTopK(2), logits));
        assertEquals(Set.of(0, 1, 2, 3, 4), drawn(ALL.withTopK(99), logits));
    }

    @Test
    void topPKeepsTheMostProbableUntilItIsReached() {
        float[] logits = logits(0.1, 0.3, 0.05, 0.35, 0.2);
        assertEquals(Set.of(1, 3), drawn(ALL.withTopP(0.6f), logits));
        assertEquals(Set.of(1, 3, 4), drawn(ALL.withTopP(0.7f), logits));
        assertEquals(Set.of(3), drawn(ALL.withTopP(0.01f), logits));
    }

    @Test
    void minPIsRelativeToTheBest() {
        float[] logits = logits(0.1, 0.3, 0.05, 0.35, 0.2);
        assertEquals(Set.of(1, 3, 4), drawn(ALL.withMinP(0.5f), logits));
        assertEquals(Set.of(3), drawn(ALL.withMinP(0.99f), logits));
    }

    @Test
    void theHeapKeepsWhatSortingKeeps() {
        Random random = new Random(7);
        for (int n : new int[] {1, 2, 3, 17, 100, 1001}) {
            float[] logits = new float[n];
            for (int i = 0; i < n; i++) {
                logits[i] = (float) random.nextGaussian() * 3;
            }
            for (int k : new int[] {1, 2, 5, 40}) {
                float[] sorted = logits.clone();
                Arrays.sort(sorted);
                float smallest = sorted[Math.max(0, n - k)];
                for (int id : drawn(ALL.withTopK(k).withTemperature(1e5f), logits)) {
                    assertTrue(logits[id] >= smallest, n + " logits, top " + k + ", id " + id);
                }
            }
        }
    }

    @Test
    void repetitionPenaltyDividesPositiveAndMultipliesNegativeLogitsOnce() {
        Sampler sampler = new Sampler(Sampling.GREEDY.withRepeatPenalty(2f, 3));
        float[] logits = {4f, 3f, -1f, 2.5f};
        // The window of three does not reach back to token 3; token 0 counts once though it occurs twice.
        int[] history = {3, 0, 0, 2};
        assertEquals(1, sampler.choose(logits, history, 4));
        assertEquals(2f, logits[0]);
        assertEquals(-2f, logits[2]);
        assertEquals(2.5f, logits[3]);
    }

    @Test
    void theSameSeedGivesTheSameChoices() {
        float[] logits = new float[500];
        Random random = new Random(1);
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) random.nextGaussian();
        }
        assertEquals(sequence(7, logits), sequence(7, logits));
        assertNotEquals(sequence(7, logits), sequence(8, logits));
    }

    private static String sequence(long seed, float[] logits) {
        Sampler sampler = new Sampler(Sampling.DEFAULT.withSeed(seed));
        StringBuilder ids = new StringBuilder();
        for (int i = 0; i < 50; i++) {
            ids.append(sampler.choose(logits.clone(), NO_HISTORY, 0)).append(' ');
        }
        return ids.toString();
    }

    @Test
    void impossibleValuesAreRefusedByName() {
        String message = assertThrows(IllegalArgumentException.class, () -> ALL.withTopP(0))
                .getMessage();
        assertTrue(String.valueOf(message).contains("topP"), message);
        assertThrows(IllegalArgumentException.class, () -> ALL.withTemperature(-1));
        assertThrows(IllegalArgumentException.class, () -> ALL.withTemperature(Float.NaN));
        assertThrows(IllegalArgumentException.class, () -> ALL.withMinP(1));
        assertThrows(IllegalArgumentException.class, () -> ALL.withTopK(-1));
        assertThrows(IllegalArgumentException.class, () -> ALL.withRepeatPenalty(0, 1));
    }
}
