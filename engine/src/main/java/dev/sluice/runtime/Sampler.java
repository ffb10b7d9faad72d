package dev.sluice.runtime;

import java.util.Arrays;
import java.util.Random;

/** Chooses tokens from logits as a {@link Sampling} says. One per generation; not thread-safe. */
final class Sampler {
    private final Sampling sampling;
    // Random's algorithm is part of its specification, so that a seed means the same on every JDK.
    private final Random random;
    private int[] ids = new int[0];
    private double[] weights = new double[0];
    private long[] heap = new long[0];
    private int[] seen = new int[0];

    Sampler(Sampling sampling) {
        this.sampling = sampling;
        this.random = new Random(sampling.seed());
    }

    /**
     * The next token's id.
     *
     * @param logits [vocabulary], changed by the repetition penalty
     * @param history ids so far, of which the last {@code repeatWindow} count
     * @param length how many of {@code history} are filled
     */
    int choose(float[] logits, int[] history, int length) {
        penalise(logits, history, length);
        if (sampling.temperature() == 0) {
            return argMax(logits);
        }
        int kept = candidates(logits);
        kept = cutByProbability(logits, kept);
        return draw(logits, kept);
    }

    private void penalise(float[] logits, int[] history, int length) {
        float penalty = sampling.repeatPenalty();
        int window = Math.min(sampling.repeatWindow(), length);
        if (penalty == 1 || window == 0) {
            return;
        }
        if (seen.length < window) {
            seen = new int[Math.min(sampling.repeatWindow(), history.length)];
        }
        System.arraycopy(history, length - window, seen, 0, window);
        Arrays.sort(seen, 0, window);
        for (int i = 0; i < window; i++) {
            if (i == 0 || seen[i] != seen[i - 1]) {
                float logit = logits[seen[i]];
                logits[seen[i]] = logit > 0 ? logit / penalty : logit * penalty;
            }
        }
    }

    private static int argMax(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }

    /** Fills {@link #ids} with the candidates, the largest logit first, equal ones in the order of their ids. */
    private int candidates(float[] logits) {
        int k = sampling.topK() == 0 ? logits.length : Math.min(sampling.topK(), logits.length);
        if (ids.length < k) {
            ids = new int[k];
            weights = new double[k];
            heap = new long[k];
        }
        // Below this, a token falls to min-p whatever else is kept: it needs no sorting.
        double floor =
                sampling.minP() == 0 ? Double.NEGATIVE_INFINITY : logits[argMax(logits)] + Math.log(sampling.minP());
        int size = 0;
        for (int i = 0; i < logits.length; i++) {
            if (logits[i] < floor) {
                continue;
            }
            long key = sortKey(logits[i], i);
            if (size < k) {
                heap[size++] = key;
                if (size == k && k < logits.length) {
                    heapify(heap, k);
                }
            } else if (key > heap[0]) {
                heap[0] = key;
                siftDown(heap, 0, k);
            }
        }
        Arrays.sort(heap, 0, size);
        for (int i = 0; i < size; i++) {
            ids[i] = ~(int) heap[size - 1 - i];
        }
        return size;
    }

    /** Orders by logit, then by smaller id; the low half gives the id back by complement. */
    private static long sortKey(float logit, int id) {
        int bits = Float.floatToIntBits(logit);
        int ordered = bits ^ ((bits >> 31) & 0x7fffffff);
        return ((long) ordered << 32) | (~id & 0xffffffffL);
    }

    private static void heapify(long[] heap, int size) {
        for (int i = size / 2 - 1; i >= 0; i--) {
            siftDown(heap, i, size);
        }
    }

    private static void siftDown(long[] heap, int start, int size) {
        int i = start;
        long value = heap[i];
        while (true) {
            int child = 2 * i + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= value) {
                break;
            }
            heap[i] = heap[child];
            i = child;
        }
        heap[i] = value;
    }

    private int cutByProbability(float[] logits, int count) {
        double max = logits[ids[0]];
        double sum = 0;
        for (int i = 0; i < count; i++) {
            weights[i] = Math.exp(logits[ids[i]] - max);
            sum += weights[i];
        }
        int kept = count;
        if (sampling.topP() < 1) {
            double reached = 0;
            for (int i = 0; i < count; i++) {
                reached += weights[i];
                if (reached >= sampling.topP() * sum) {
                    kept = i + 1;
                    break;
                }
            }
        }
        // The best candidate has weight 1, so that min-p is a bound on the weight itself.
        while (kept > 1 && weights[kept - 1] < sampling.minP()) {
            kept--;
        }
        return kept;
    }

    private int draw(float[] logits, int count) {
        double max = logits[ids[0]];
        double sum = 0;
        for (int i = 0; i < count; i++) {
            weights[i] = Math.exp((logits[ids[i]] - max) / sampling.temperature());
            sum += weights[i];
        }
        double target = random.nextDouble() * sum;
        for (int i = 0; i < count; i++) {
            target -= weights[i];
            if (target < 0) {
                return ids[i];
            }
        }
        return ids[count - 1];
    }
}
