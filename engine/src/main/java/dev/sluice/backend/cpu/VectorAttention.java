package dev.sluice.backend.cpu;

import dev.sluice.backend.KvType;
import dev.sluice.graph.Op;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Attention of blocks of queries over blocks of positions with a running softmax (Milakov and Gimelshein 2018; Dao et al.
 * 2022), so that scratch does not grow with the context. The queries of a block share one KV head, which is read once for
 * all of them.
 */
final class VectorAttention implements AttentionBlocks {
    /** Positions that are computed at once. */
    private static final int BLOCK = 128;

    private final PanelProduct product = new PanelProduct();
    private final Scratch scratch;
    // Where the last block's results lie.
    private int width;
    private int out;
    private int maxima;
    private int sums;

    VectorAttention(Scratch scratch) {
        this.scratch = scratch;
    }

    static void reserve(Op.Attention op, Scratch scratch) {
        int dim = op.headDim();
        int width = KvCache.paddedWidth(dim);
        scratch.reserveAttention(QUERIES * (dim + BLOCK + width + 2));
        scratch.reservePanel((long) BLOCK * width);
    }

    @Override
    public void compute(Op.Attention op, Run run, int part, int kvHead, int first, int last, int from, int to, Rows q) {
        int row = run.firstRow(part);
        int position = run.position(part);
        int group = op.heads() / op.kvHeads();
        int dim = op.headDim();
        width = KvCache.paddedWidth(dim);
        int count = last - first;
        float[] a = scratch.attention();
        int scores = count * dim;
        out = scores + count * BLOCK;
        maxima = out + count * width;
        sums = maxima + count;
        for (int r = 0; r < count; r++) {
            int own = q.at(row + (first + r) / group) + (kvHead * group + (first + r) % group) * dim;
            for (int d = 0; d < dim; d++) {
                a[r * dim + d] = q.data()[own + d] * op.scale();
            }
            a[maxima + r] = Float.NEGATIVE_INFINITY;
            a[sums + r] = 0;
        }
        Arrays.fill(a, out, out + count * width, 0);

        KvCache cache = run.cache(part);
        for (int p = from; p < to; p += BLOCK) {
            int n = Math.min(BLOCK, to - p);
            keys(cache, kvHead, p, n, dim);
            product.left(a, 0, dim).into(a, scores, BLOCK, count, n, dim, false);
            for (int r = 0; r < count; r++) {
                int own = position + (first + r) / group;
                int seen = Math.max(0, AttentionWork.firstSeen(op, own) - p);
                int end = Math.min(n, own + 1 - p);
                softmax(a, scores + r * BLOCK, seen, end, n, maxima + r, sums + r, out + r * width, width);
            }
            values(cache, kvHead, p, n, dim);
            product.left(a, scores, BLOCK).into(a, out, width, count, width, n, true);
        }
    }

    @Override
    public float maximum(int r) {
        return scratch.attention()[maxima + r];
    }

    @Override
    public float sum(int r) {
        return scratch.attention()[sums + r];
    }

    @Override
    public void weighted(int r, float[] to, int at, int dim) {
        System.arraycopy(scratch.attention(), out + r * width, to, at, dim);
    }

    private void keys(KvCache cache, int head, int position, int count, int dim) {
        long at = cache.keyAt(head, position / KvCache.TILE);
        long tile = (long) KvCache.TILE * dim;
        int tiles = Math.ceilDiv(count, KvCache.TILE);
        MemorySegment panel = scratch.panel();
        switch (cache.type()) {
            case F32 -> {
                product.panel(cache.keys(), at, 4 * tile, 4L * KvCache.TILE);
                return;
            }
            case F16 -> PlainTiles.halves(cache.keys(), at, tiles * tile, panel, 0);
            case Q8_0 -> {
                for (int t = 0; t < tiles; t++) {
                    for (int d = 0; d < dim; d += KvType.BLOCK) {
                        int depth = Math.min(KvType.BLOCK, dim - d);
                        long scales = cache.scaleAt(head, d / KvType.BLOCK, position + t * KvCache.TILE);
                        long first = t * tile + (long) KvCache.TILE * d;
                        ByteTiles.expandKeys(
                                cache.keys(), at + first, depth, cache.keyScales(), scales, panel, 4 * first);
                    }
                }
            }
        }
        product.panel(panel, 0, 4 * tile, 4L * KvCache.TILE);
    }

    private void values(KvCache cache, int head, int position, int count, int dim) {
        long at = cache.valueAt(head, position);
        MemorySegment panel = scratch.panel();
        switch (cache.type()) {
            case F32 -> {
                product.panel(cache.values(), at, 64, 4L * width);
                return;
            }
            case F16 -> PlainTiles.halves(cache.values(), at, (long) count * width, panel, 0);
            case Q8_0 -> {
                for (int d = 0; d < width; d += KvCache.TILE) {
                    long scales = cache.scaleAt(head, Math.min(d, dim - 1) / KvType.BLOCK, position);
                    ByteTiles.expandValues(
                            cache.values(), at + d, width, count, cache.valueScales(), scales, panel, 4L * d);
                }
            }
        }
        product.panel(panel, 0, 64, 4L * width);
    }

    /**
     * Turns a row of scores into weights relative to the largest score so far, and brings what was summed before to the
     * same measure.
     *
     * @param from first position that the query sees, within the block; {@code to} is the end
     */
    private static void softmax(float[] a, int row, int from, int to, int count, int max, int sum, int out, int width) {
        int padded = Math.ceilDiv(count, Lanes.COUNT) * Lanes.COUNT;
        if (from >= to) {
            Arrays.fill(a, row, row + padded, 0);
            return;
        }
        Arrays.fill(a, row, row + from, Float.NEGATIVE_INFINITY);
        Arrays.fill(a, row + to, row + padded, Float.NEGATIVE_INFINITY);
        FloatVector most = FloatVector.broadcast(Lanes.FLOATS, a[max]);
        for (int i = 0; i < padded; i += Lanes.COUNT) {
            most = most.max(FloatVector.fromArray(Lanes.FLOATS, a, row + i));
        }
        float largest = most.reduceLanes(VectorOperators.MAX);
        for (int i = 0; i < padded; i += Lanes.COUNT) {
            FloatVector weight = VectorMath.exp(
                    FloatVector.fromArray(Lanes.FLOATS, a, row + i).sub(largest));
            weight.intoArray(a, row + i);
        }
        float factor = (float) Math.exp(a[max] - largest);
        a[sum] = a[sum] * factor + sum(a, row, padded);
        a[max] = largest;
        if (factor != 1) {
            for (int i = 0; i < width; i++) {
                a[out + i] *= factor;
            }
        }
    }

    private static float sum(float[] a, int at, int count) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        for (int i = at; i < at + count; i += 4) {
            s0 += a[i];
            s1 += a[i + 1];
            s2 += a[i + 2];
            s3 += a[i + 3];
        }
        return (s0 + s1) + (s2 + s3);
    }
}
