package dev.sluice.backend.cpu;

import dev.sluice.graph.Op;

/** The attention of a block of queries over a range of positions, with one worker's memory: what {@link AttentionWork} deals out. */
interface AttentionBlocks {
    /** The most queries of a block. */
    int QUERIES = 24;

    /**
     * Computes a block. Queries of one part and one KV head are numbered token by token, then head by head; a query sees
     * what the operation's window and its own position let it see of the range, which may be nothing.
     *
     * @param first first query; {@code last} is the end, at most {@link #QUERIES} further on
     * @param from first position, a multiple of {@link KvCache#TILE}; {@code to} is the end, and may lie before it
     */
    void compute(Op.Attention op, Run run, int part, int kvHead, int first, int last, int from, int to, Rows q);

    /** Largest score of the r-th query of the last block, or -∞. */
    float maximum(int r);

    /** Sum of the weights, which are relative to the maximum. */
    float sum(int r);

    /** Copies the sum of the values times their weights. */
    void weighted(int r, float[] to, int at, int dim);
}
