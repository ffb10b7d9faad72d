package dev.sluice.tokenizer;

import java.util.Arrays;

/** A binary heap of pairs by priority, then position: each entry is one long, priority above, position below. */
final class PairHeap {
    private long[] entries;
    private int size;

    PairHeap(int capacity) {
        entries = new long[Math.max(8, capacity)];
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Adds a pair, unless it has no merge. */
    void add(long merge, int position) {
        if (merge == MergeRule.NONE) {
            return;
        }
        if (size == entries.length) {
            entries = Arrays.copyOf(entries, size * 2);
        }
        long entry = MergeRule.merge((int) (merge >> 32), position);
        int hole = size++;
        while (hole > 0) {
            int parent = (hole - 1) / 2;
            if (entries[parent] <= entry) {
                break;
            }
            entries[hole] = entries[parent];
            hole = parent;
        }
        entries[hole] = entry;
    }

    /** Takes the best entry out. */
    long poll() {
        long best = entries[0];
        long last = entries[--size];
        int hole = 0;
        while (true) {
            int child = hole * 2 + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && entries[child + 1] < entries[child]) {
                child++;
            }
            if (entries[child] >= last) {
                break;
            }
            entries[hole] = entries[child];
            hole = child;
        }
        entries[hole] = last;
        return best;
    }
}
