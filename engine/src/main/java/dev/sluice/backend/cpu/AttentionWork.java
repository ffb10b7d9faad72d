package dev.sluice.backend.cpu;

import dev.sluice.graph.Op;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Deals the attention of a step out to the workers, and puts together what was computed in pieces. Each KV head is read
 * once for all queries that share it, up to a block of them.
 *
 * <p>A part with few queries has its positions cut into chunks, so that all workers have something to read however few
 * heads there are (flash decoding, Dao et al. 2023). The worker that finishes the last chunk of a block of queries puts
 * the chunks together, in their order. How a part is cut depends on that part alone: the results are the same bits for
 * any number of threads, and whatever else is in the step.
 */
final class AttentionWork {
    /** Positions of a chunk, about. */
    private static final int CHUNK = 256;

    private static final int MOST_CHUNKS = 32;
    /** How many adjoining ones a worker takes at once: what a chunk asks memory for ahead are the keys of the next. */
    private static final int ADJOINING = 8;
    /** Turns of each worker at least: with fewer, one that is held up would hold up all. */
    private static final int TURNS = 8;
    /** Parts with more blocks of queries for each KV head are shared out by these alone. */
    private static final int FEW_BLOCKS = 2;

    private static final int COUNT_BITS = 16;

    private final Object growing = new Object();
    private volatile Pieces pieces = new Pieces(0, 0);

    /** Results of chunks, and how many are there of each block of queries, under the number of the run. */
    private static final class Pieces {
        final float[] results;
        final AtomicLongArray done;

        Pieces(int floats, int counters) {
            results = new float[floats];
            done = new AtomicLongArray(counters);
        }

        boolean hold(int floats, int counters) {
            return floats <= results.length && counters <= done.length();
        }
    }

    /** Computes a worker's share. */
    void run(Op.Attention op, Run run, Rows q, Rows y, Worker worker, AttentionBlocks blocks) {
        int group = op.heads() / op.kvHeads();
        if (run.parts() == 1 && run.tokens() == 1 && chunks(op, run, 0) == 1) {
            byHeads(op, run, group, q, y, worker, blocks);
            return;
        }
        int all = 0;
        int cut = 0;
        int most = 0;
        for (int part = 0; part < run.parts(); part++) {
            int own = items(op, run, part);
            all += own;
            if (few(op, run, part)) {
                cut += own;
                most = Math.max(most, Math.min(AttentionBlocks.QUERIES, run.tokens(part) * group));
            }
        }
        int slot = most * (op.headDim() + 2);
        Pieces room = room(Math.multiplyExact(cut, slot), cut);
        int together = cut < all ? 1 : Math.clamp(all / (TURNS * worker.count), 1, ADJOINING);
        // From the end: the last tokens see the most positions, and the longest work is best begun first.
        for (int end = all - together * run.take(); end > 0; end = all - together * run.take()) {
            for (int item = Math.max(0, end - together); item < end; item++) {
                item(op, run, item, slot, room, q, y, blocks);
            }
        }
    }

    private static void item(
            Op.Attention op, Run run, int item, int slot, Pieces room, Rows q, Rows y, AttentionBlocks blocks) {
        int left = item;
        int before = 0;
        int part = 0;
        for (int own = items(op, run, part); left >= own; own = items(op, run, part)) {
            left -= own;
            before += few(op, run, part) ? own : 0;
            part++;
        }
        if (few(op, run, part)) {
            chunk(op, run, part, left, before, slot, room, q, y, blocks);
        } else {
            int from = left / op.kvHeads() * AttentionBlocks.QUERIES;
            int to = Math.min(run.tokens(part) * (op.heads() / op.kvHeads()), from + AttentionBlocks.QUERIES);
            whole(op, run, part, left % op.kvHeads(), from, to, q, y, blocks);
        }
    }

    private static int blocks(Op.Attention op, Run run, int part) {
        return Math.ceilDiv(run.tokens(part) * (op.heads() / op.kvHeads()), AttentionBlocks.QUERIES);
    }

    private static boolean few(Op.Attention op, Run run, int part) {
        return blocks(op, run, part) <= FEW_BLOCKS;
    }

    private static int items(Op.Attention op, Run run, int part) {
        return op.kvHeads() * blocks(op, run, part) * (few(op, run, part) ? chunks(op, run, part) : 1);
    }

    /** First position that any query of a part sees, brought down to a tile. */
    private static int start(Op.Attention op, int position) {
        return firstSeen(op, position) / KvCache.TILE * KvCache.TILE;
    }

    /** First position that a query sees. */
    static int firstSeen(Op.Attention op, int position) {
        return op.window() > 0 ? Math.max(0, position - op.window() + 1) : 0;
    }

    private static int chunks(Op.Attention op, Run run, int part) {
        return Math.ceilDiv(length(op, run, part), chunkLength(op, run, part));
    }

    private static int length(Op.Attention op, Run run, int part) {
        return run.position(part) + run.tokens(part) - start(op, run.position(part));
    }

    /** Chunks of a part are of one length, a whole number of tiles, but for the last. */
    private static int chunkLength(Op.Attention op, Run run, int part) {
        int length = length(op, run, part);
        int chunks = Math.min(MOST_CHUNKS, Math.ceilDiv(length, CHUNK));
        return Math.ceilDiv(Math.ceilDiv(length, chunks), KvCache.TILE) * KvCache.TILE;
    }

    /** One token that sees little: each worker takes adjoining heads, which need not be put together afterwards. */
    private static void byHeads(
            Op.Attention op, Run run, int group, Rows q, Rows y, Worker worker, AttentionBlocks blocks) {
        int last = worker.last(op.heads());
        for (int h = worker.first(op.heads()); h < last; ) {
            int kvHead = h / group;
            int end = Math.min(Math.min(last, (kvHead + 1) * group), h + AttentionBlocks.QUERIES);
            whole(op, run, 0, kvHead, h - kvHead * group, end - kvHead * group, q, y, blocks);
            h = end;
        }
    }

    /** Queries over all that they see. */
    private static void whole(
            Op.Attention op,
            Run run,
            int part,
            int kvHead,
            int first,
            int last,
            Rows q,
            Rows y,
            AttentionBlocks blocks) {
        int group = op.heads() / op.kvHeads();
        int from = start(op, run.position(part) + first / group);
        int to = run.position(part) + (last - 1) / group + 1;
        blocks.compute(op, run, part, kvHead, first, last, from, to, q);
        for (int r = first; r < last; r++) {
            int at = at(op, run, part, kvHead, r, y);
            blocks.weighted(r - first, y.data(), at, op.headDim());
            float sum = blocks.sum(r - first);
            for (int d = at; d < at + op.headDim(); d++) {
                y.data()[d] /= sum;
            }
        }
    }

    /** Where a query's result belongs. */
    private static int at(Op.Attention op, Run run, int part, int kvHead, int query, Rows y) {
        int group = op.heads() / op.kvHeads();
        return y.at(run.firstRow(part) + query / group) + (kvHead * group + query % group) * op.headDim();
    }

    /**
     * One chunk of a block of queries.
     *
     * @param item number within the part: KV heads, then blocks of queries, then chunks
     * @param before items of the parts before
     */
    private static void chunk(
            Op.Attention op,
            Run run,
            int part,
            int item,
            int before,
            int slot,
            Pieces room,
            Rows q,
            Rows y,
            AttentionBlocks blocks) {
        int chunks = chunks(op, run, part);
        int perHead = blocks(op, run, part);
        int group = op.heads() / op.kvHeads();
        int kvHead = item / (perHead * chunks);
        int first = item / chunks % perHead * AttentionBlocks.QUERIES;
        int last = Math.min(run.tokens(part) * group, first + AttentionBlocks.QUERIES);
        if (chunks == 1) {
            whole(op, run, part, kvHead, first, last, q, y, blocks);
            return;
        }
        int chunk = item % chunks;
        int length = chunkLength(op, run, part);
        int from = start(op, run.position(part)) + chunk * length;
        int to = Math.min(from + length, run.position(part) + (last - 1) / group + 1);
        blocks.compute(op, run, part, kvHead, first, last, from, to, q);
        int dim = op.headDim();
        int at = (before + item) * slot;
        for (int r = 0; r < last - first; r++) {
            int own = at + r * (dim + 2);
            blocks.weighted(r, room.results, own, dim);
            room.results[own + dim] = blocks.maximum(r);
            room.results[own + dim + 1] = blocks.sum(r);
        }
        int counter = before + item - chunk;
        if (finished(room.done, counter, run.number(), chunks)) {
            for (int r = first; r < last; r++) {
                int pieces = counter * slot + (r - first) * (dim + 2);
                merge(room.results, pieces, slot, chunks, dim, y.data(), at(op, run, part, kvHead, r, y));
            }
        }
    }

    /** Counts a chunk; whether it was the last. The count of a run that failed half-way is not taken for this one's. */
    private static boolean finished(AtomicLongArray done, int counter, long run, int chunks) {
        long none = run << COUNT_BITS;
        while (true) {
            long seen = done.get(counter);
            long counted = (seen >> COUNT_BITS == run ? seen : none) + 1;
            boolean last = counted == none + chunks;
            if (done.compareAndSet(counter, seen, last ? none : counted)) {
                return last;
            }
        }
    }

    /** Adds chunks, brought to the measure of their largest score. */
    private static void merge(float[] pieces, int at, int stride, int chunks, int dim, float[] y, int yAt) {
        float most = Float.NEGATIVE_INFINITY;
        for (int c = 0; c < chunks; c++) {
            most = Math.max(most, pieces[at + c * stride + dim]);
        }
        float sum = 0;
        for (int c = 0; c < chunks; c++) {
            int from = at + c * stride;
            float factor = (float) Math.exp(pieces[from + dim] - most);
            sum += factor * pieces[from + dim + 1];
            if (c == 0) {
                for (int d = 0; d < dim; d++) {
                    y[yAt + d] = factor * pieces[from + d];
                }
            } else {
                for (int d = 0; d < dim; d++) {
                    y[yAt + d] += factor * pieces[from + d];
                }
            }
        }
        for (int d = 0; d < dim; d++) {
            y[yAt + d] /= sum;
        }
    }

    /** Room for the pieces of a step; all workers ask for the same, so what one has is never replaced under it. */
    private Pieces room(int floats, int counters) {
        Pieces now = pieces;
        if (now.hold(floats, counters)) {
            return now;
        }
        synchronized (growing) {
            if (!pieces.hold(floats, counters)) {
                // Twice what is needed: contexts grow by one token, this seldom.
                pieces = new Pieces(2 * floats, 2 * counters);
            }
            return pieces;
        }
    }
}
