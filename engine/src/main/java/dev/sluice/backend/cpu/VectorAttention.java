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
 * all of them; blocks of positions that no query of the block may see are not visited.
 */
final class VectorAttention {
    /** Positions of one block. */
    private static final int BLOCK = 128;
    /** Queries, counted over tokens and heads, of one block. */
    private static final int QUERIES = 24;

    private final PanelProduct product = new PanelProduct();

    static void reserve(Op.Attention op, Scratch scratch) {
        int queries = Math.max(QUERIES, op.heads() / op.kvHeads());
        int dim = op.headDim();
        int width = KvCache.paddedWidth(dim);
        scratch.reserveAttention(queries * (dim + BLOCK + width + 2));
        scratch.reservePanel((long) BLOCK * width);
    }

    /** A worker's share of all queries. */
    void run(Op.Attention op, Run run, Rows q, Rows y, Worker worker) {
        for (int part = 0; part < run.parts(); part++) {
            part(op, run, part, q, y, worker);
        }
    }

    private void part(Op.Attention op, Run run, int part, Rows q, Rows y, Worker worker) {
        int group = op.heads() / op.kvHeads();
        int queries = run.tokens(part) * group;
        if (run.tokens(part) == 1) {
            // Each worker takes adjoining heads, so that a KV head is read by as few as possible.
            int first = worker.first(op.heads());
            int last = worker.last(op.heads());
            for (int h = first; h < last; ) {
                int kvHead = h / group;
                int end = Math.min(last, (kvHead + 1) * group);
                for (int from = h; from < end; from += QUERIES) {
                    int to = Math.min(end, from + QUERIES);
                    block(op, run, part, kvHead, from - kvHead * group, to - kvHead * group, q, y, worker.scratch);
                }
                h = end;
            }
            return;
        }
        int perHead = Math.ceilDiv(queries, QUERIES);
        // Later tokens see more positions: dealing the blocks out in turn shares the work evenly.
        for (int i = worker.index; i < perHead * op.kvHeads(); i += worker.count) {
            int first = i / op.kvHeads() * QUERIES;
            int last = Math.min(queries, first + QUERIES);
            block(op, run, part, i % op.kvHeads(), first, last, q, y, worker.scratch);
        }
    }

    /** Queries of one part and one KV head, numbered token by token, then head by head. */
    private void block(
            Op.Attention op, Run run, int part, int kvHead, int first, int last, Rows q, Rows y, Scratch scratch) {
        int row = run.firstRow(part);
        int position = run.position(part);
        int group = op.heads() / op.kvHeads();
        int dim = op.headDim();
        int width = KvCache.paddedWidth(dim);
        int count = last - first;
        float[] a = scratch.attention();
        int scores = count * dim;
        int out = scores + count * BLOCK;
        int maxima = out + count * width;
        int sums = maxima + count;
        for (int r = 0; r < count; r++) {
            int from = q.at(row + (first + r) / group) + (kvHead * group + (first + r) % group) * dim;
            for (int d = 0; d < dim; d++) {
                a[r * dim + d] = q.data()[from + d] * op.scale();
            }
            a[maxima + r] = Float.NEGATIVE_INFINITY;
            a[sums + r] = 0;
        }
        Arrays.fill(a, out, out + count * width, 0);

        KvCache cache = run.cache(part);
        int earliest = firstSeen(op, position + first / group);
        int end = position + (last - 1) / group + 1;
        for (int p = earliest / KvCache.TILE * KvCache.TILE; p < end; p += BLOCK) {
            int n = Math.min(BLOCK, end - p);
            keys(cache, kvHead, p, n, dim, scratch);
            product.left(a, 0, dim).into(a, scores, BLOCK, count, n, dim, false);
            for (int r = 0; r < count; r++) {
                int own = position + (first + r) / group;
                int from = Math.max(0, firstSeen(op, own) - p);
                int to = Math.min(n, own + 1 - p);
                softmax(a, scores + r * BLOCK, from, to, n, maxima + r, sums + r, out + r * width, width);
            }
            values(cache, kvHead, p, n, width, scratch);
            product.left(a, scores, BLOCK).into(a, out, width, count, width, n, true);
        }
        for (int r = 0; r < count; r++) {
            int to = y.at(row + (first + r) / group) + (kvHead * group + (first + r) % group) * dim;
            for (int d = 0; d < dim; d++) {
                y.data()[to + d] = a[out + r * width + d] / a[sums + r];
            }
        }
    }

    private static int firstSeen(Op.Attention op, int position) {
        return op.window() > 0 ? Math.max(0, position - op.window() + 1) : 0;
    }

    private void keys(KvCache cache, int head, int position, int count, int dim, Scratch scratch) {
        long at = cache.keyIndex(head, position / KvCache.TILE);
        long tile = (long) KvCache.TILE * dim;
        if (cache.type() == KvType.F32) {
            product.panel(cache.keys(), 4 * at, 4 * tile, 4L * KvCache.TILE);
        } else {
            MemorySegment panel = scratch.panel();
            PlainTiles.halves(cache.keys(), 2 * at, Math.ceilDiv(count, KvCache.TILE) * tile, panel, 0);
            product.panel(panel, 0, 4 * tile, 4L * KvCache.TILE);
        }
    }

    private void values(KvCache cache, int head, int position, int count, int width, Scratch scratch) {
        long at = cache.valueIndex(head, position);
        if (cache.type() == KvType.F32) {
            product.panel(cache.values(), 4 * at, 64, 4L * width);
        } else {
            MemorySegment panel = scratch.panel();
            PlainTiles.halves(cache.values(), 2 * at, (long) count * width, panel, 0);
            product.panel(panel, 0, 64, 4L * width);
        }
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
