package dev.sluice.tokenizer;

import java.util.Arrays;

/**
 * Merges neighbouring symbols of a word until no rule applies: always the pair of the best priority, of equals the
 * leftmost. Short words search the pairs one after another; long ones keep them in a heap over linked symbols, which is
 * O(n log n). Scratch space of one thread.
 */
final class Merger {
    private static final int SHORT = 40;

    private final MergeRule rule;
    private int[] ids = new int[64];
    private int[] starts = new int[65];
    private long[] pairs = new long[64];
    private int count;

    Merger(MergeRule rule) {
        this.rule = rule;
    }

    /** Forgets the last word. */
    void clear() {
        count = 0;
    }

    /** Appends a symbol; it begins where the one before ends. */
    void add(int id, int from, int to) {
        if (count == ids.length) {
            ids = Arrays.copyOf(ids, count * 2);
            starts = Arrays.copyOf(starts, count * 2 + 1);
            pairs = Arrays.copyOf(pairs, count * 2);
        }
        ids[count] = id;
        starts[count++] = from;
        starts[count] = to;
    }

    /** How many symbols there are. */
    int count() {
        return count;
    }

    /** The id of a symbol. */
    int id(int symbol) {
        return ids[symbol];
    }

    /** Where a symbol begins in the text; {@code start(count())} is the end of the last. */
    int start(int symbol) {
        return starts[symbol];
    }

    /** Merges the symbols that were added. */
    void merge(byte[] text) {
        for (int i = 0; i + 1 < count; i++) {
            pairs[i] = rule.find(text, ids[i], ids[i + 1], starts[i], starts[i + 2]);
        }
        if (count <= SHORT) {
            mergeShort(text);
        } else {
            mergeLong(text);
        }
    }

    private void mergeShort(byte[] text) {
        while (true) {
            int best = -1;
            long priority = MergeRule.NONE >> 32;
            for (int i = 0; i + 1 < count; i++) {
                if (pairs[i] >> 32 < priority) {
                    best = i;
                    priority = pairs[i] >> 32;
                }
            }
            if (best < 0) {
                return;
            }
            ids[best] = (int) pairs[best];
            int after = best + 1;
            System.arraycopy(ids, after + 1, ids, after, count - after - 1);
            System.arraycopy(starts, after + 1, starts, after, count - after);
            System.arraycopy(pairs, after, pairs, best, count - after);
            count--;
            if (best > 0) {
                pairs[best - 1] = rule.find(text, ids[best - 1], ids[best], starts[best - 1], starts[best + 1]);
            }
            if (best + 1 < count) {
                pairs[best] = rule.find(text, ids[best], ids[best + 1], starts[best], starts[best + 2]);
            }
        }
    }

    private void mergeLong(byte[] text) {
        int[] previous = new int[count];
        int[] next = new int[count + 1];
        for (int i = 0; i < count; i++) {
            previous[i] = i - 1;
            next[i] = i + 1;
        }
        pairs[count - 1] = MergeRule.NONE;
        PairHeap heap = new PairHeap(count);
        for (int i = 0; i < count; i++) {
            heap.add(pairs[i], i);
        }
        while (!heap.isEmpty()) {
            long entry = heap.poll();
            int left = (int) entry;
            // Outdated entries stay in the heap. One whose priority is right again stands for the pair that is there
            // now, so it may as well be used.
            if (pairs[left] == MergeRule.NONE || pairs[left] >> 32 != entry >> 32) {
                continue;
            }
            int right = next[left];
            ids[left] = (int) pairs[left];
            next[left] = next[right];
            pairs[right] = MergeRule.NONE;
            if (next[left] < count) {
                previous[next[left]] = left;
            }
            if (previous[left] >= 0) {
                update(text, previous[left], left, next, heap);
            }
            update(text, left, next[left], next, heap);
        }
        int kept = 0;
        for (int i = 0; i < count; i = next[i]) {
            ids[kept] = ids[i];
            starts[kept++] = starts[i];
        }
        starts[kept] = starts[count];
        count = kept;
    }

    private void update(byte[] text, int left, int right, int[] next, PairHeap heap) {
        pairs[left] = right == count
                ? MergeRule.NONE
                : rule.find(text, ids[left], ids[right], starts[left], starts[next[right]]);
        heap.add(pairs[left], left);
    }
}
