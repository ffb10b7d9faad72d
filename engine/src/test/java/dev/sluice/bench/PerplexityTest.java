package dev.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PerplexityTest {
    @Test
    void theLogarithmOfTheSoftmaxIsTakenWithoutOverflow() {
        double sum = Math.exp(-2) + Math.exp(-1) + 1;
        assertEquals(-2 - Math.log(sum), Perplexity.logSoftmax(new float[] {1, 2, 3}, 0), 1e-12);
        assertEquals(-Math.log(sum), Perplexity.logSoftmax(new float[] {3001, 3002, 3003}, 2), 1e-12);
    }

    @Test
    void anUnlikelyTokenKeepsItsDistance() {
        assertEquals(-5000, Perplexity.logSoftmax(new float[] {-5000, 0}, 0), 1e-9);
    }
}
