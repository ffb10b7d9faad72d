package dev.sluice.backend.cpu;

import dev.sluice.backend.KvType;
import dev.sluice.backend.cpu.asm.PanelCode;
import dev.sluice.backend.cpu.asm.ScaleCode;
import dev.sluice.backend.cpu.asm.SoftmaxCode;
import dev.sluice.graph.Op;
import dev.sluice.system.MachineCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@link VectorAttention} in machine code, which reads halves and bytes as they are stored: scores of a block of positions
 * by the panel product, the running softmax, and the values times their weights by the panel product again. One worker
 * owns it.
 *
 * <p>With {@link KvType#Q8_0}, a key's scales are applied to the sums of 32 products, and a value's to the weights.
 */
final class MachineAttention implements AttentionBlocks {
    /** Positions that are computed at once. */
    private static final int BLOCK = 256;

    private static final long SCORES_STRIDE = 4L * BLOCK;

    private final FloatCode code;
    private final Arena arena;
    private final MemorySegment panelArguments;
    private final MemorySegment softmaxArguments;
    private final MemorySegment scaleArguments;
    private final MemorySegment scores;
    private final MemorySegment scaled;
    private final MemorySegment state;
    private MemorySegment queries = MemorySegment.NULL;
    private MemorySegment out = MemorySegment.NULL;
    private long outStride;

    /**
     * Makes one.
     *
     * @param arena lives as long as this
     */
    MachineAttention(FloatCode code, Arena arena) {
        this.code = code;
        this.arena = arena;
        panelArguments = arena.allocate(PanelCode.ARGUMENTS, 64);
        softmaxArguments = arena.allocate(SoftmaxCode.ARGUMENTS, 64);
        scaleArguments = arena.allocate(ScaleCode.ARGUMENTS, 64);
        scores = arena.allocate(QUERIES * SCORES_STRIDE, 64);
        scaled = arena.allocate(QUERIES * SCORES_STRIDE, 64);
        state = arena.allocate(QUERIES * 2L * Float.BYTES, 64);
    }

    /** Makes room for an operation. */
    void reserve(Op.Attention op) {
        long bytes = QUERIES * 4L * KvCache.paddedWidth(op.headDim());
        if (queries.byteSize() < bytes) {
            queries = arena.allocate(bytes, 64);
            out = arena.allocate(bytes, 64);
        }
    }

    @Override
    public void compute(Op.Attention op, Run run, int part, int kvHead, int first, int last, int from, int to, Rows q) {
        int group = op.heads() / op.kvHeads();
        int dim = op.headDim();
        int count = last - first;
        KvCache cache = run.cache(part);
        outStride = 4L * KvCache.paddedWidth(dim);
        for (int r = 0; r < count; r++) {
            int own = q.at(run.firstRow(part) + (first + r) / group) + (kvHead * group + (first + r) % group) * dim;
            MemorySegment.copy(q.data(), own, queries, ValueLayout.JAVA_FLOAT, r * 4L * dim, dim);
            state.set(ValueLayout.JAVA_FLOAT, 8L * r, Float.NEGATIVE_INFINITY);
            state.set(ValueLayout.JAVA_FLOAT, 8L * r + 4, 0f);
        }
        if (from >= to) {
            out.asSlice(0, count * outStride).fill((byte) 0);
            return;
        }
        for (int p = from; p < to; p += BLOCK) {
            int n = Math.min(BLOCK, to - p);
            scores(cache, kvHead, p, n, count, dim);
            weights(op, run.position(part), group, first, count, p, n, p > from);
            values(cache, kvHead, p, n, count, dim, p > from);
        }
    }

    private void scores(KvCache cache, int head, int position, int n, int count, int dim) {
        long panel = cache.keys().address() + cache.keyAt(head, position / KvCache.TILE);
        set(panelArguments, PanelCode.X_STRIDE, 4L * dim);
        set(panelArguments, PanelCode.Y_STRIDE, SCORES_STRIDE);
        set(panelArguments, PanelCode.GROUP_STRIDE, cache.keyTileBytes());
        set(panelArguments, PanelCode.DEPTH_STRIDE, (long) KvCache.TILE * cache.elementBytes());
        // What is read next are this block's values.
        long ahead = cache.values().address() + cache.valueAt(head, position);
        int step = cache.type() == KvType.Q8_0 ? KvType.BLOCK : dim;
        int groups = Math.ceilDiv(n, KvCache.TILE);
        for (int d = 0; d < dim; d += step) {
            int depth = Math.min(step, dim - d);
            set(panelArguments, PanelCode.DEPTH, depth);
            set(panelArguments, PanelCode.ACCUMULATE, d > 0 ? 1 : 0);
            long factors = cache.type() == KvType.Q8_0
                    ? cache.keyScales().address() + cache.scaleAt(head, d / KvType.BLOCK, position)
                    : 0;
            product(
                    cache,
                    queries.address() + 4L * d,
                    4L * dim,
                    scores.address(),
                    SCORES_STRIDE,
                    count,
                    panel + (long) d * KvCache.TILE * cache.elementBytes(),
                    groups,
                    factors,
                    ahead);
            ahead += (long) depth * groups * KvCache.TILE * cache.elementBytes();
        }
    }

    private void values(KvCache cache, int head, int position, int n, int count, int dim, boolean accumulate) {
        long panel = cache.values().address() + cache.valueAt(head, position);
        set(panelArguments, PanelCode.X_STRIDE, SCORES_STRIDE);
        set(panelArguments, PanelCode.Y_STRIDE, outStride);
        set(panelArguments, PanelCode.GROUP_STRIDE, (long) KvCache.TILE * cache.elementBytes());
        set(panelArguments, PanelCode.DEPTH_STRIDE, cache.valueBytes());
        set(panelArguments, PanelCode.DEPTH, n);
        set(panelArguments, PanelCode.ACCUMULATE, accumulate ? 1 : 0);
        // What is read next are most often the following keys of the same head.
        long ahead = cache.keys().address() + cache.keyAt(head, position / KvCache.TILE + BLOCK / KvCache.TILE);
        int groups = Math.ceilDiv(dim, KvCache.TILE);
        if (cache.type() != KvType.Q8_0) {
            product(cache, scores.address(), SCORES_STRIDE, out.address(), outStride, count, panel, groups, 0, ahead);
            return;
        }
        int groupsOfBlock = KvType.BLOCK / KvCache.TILE;
        for (int g = 0; g < groups; g += groupsOfBlock) {
            set(scaleArguments, ScaleCode.X, scores.address());
            set(scaleArguments, ScaleCode.Y, scaled.address());
            set(scaleArguments, ScaleCode.STRIDE, SCORES_STRIDE);
            set(scaleArguments, ScaleCode.ROWS, count);
            set(
                    scaleArguments,
                    ScaleCode.FACTORS,
                    cache.valueScales().address() + cache.scaleAt(head, g / groupsOfBlock, position));
            set(scaleArguments, ScaleCode.UNITS, Math.ceilDiv(n, KvCache.TILE));
            call(code.scale(), scaleArguments);
            int own = Math.min(groupsOfBlock, groups - g);
            product(
                    cache,
                    scaled.address(),
                    SCORES_STRIDE,
                    out.address() + 64L * g,
                    outStride,
                    count,
                    panel + (long) g * KvCache.TILE,
                    own,
                    0,
                    ahead);
            ahead += (long) own * KvCache.TILE * n;
        }
    }

    /** Calls the panel product for all rows; strides, depth and accumulation are set already. */
    private void product(
            KvCache cache,
            long x,
            long xStride,
            long y,
            long yStride,
            int rows,
            long panel,
            int groups,
            long factors,
            long ahead) {
        MemorySegment[] functions = code.panel(format(cache.type()));
        for (int r = 0; r < rows; ) {
            int some = Math.min(rows - r, functions.length);
            set(panelArguments, PanelCode.X, x + r * xStride);
            set(panelArguments, PanelCode.Y, y + r * yStride);
            set(panelArguments, PanelCode.PANEL, panel);
            set(panelArguments, PanelCode.GROUPS, groups);
            set(panelArguments, PanelCode.FACTORS, factors);
            set(panelArguments, PanelCode.AHEAD, ahead);
            call(functions[some - 1], panelArguments);
            r += some;
        }
    }

    /** How a cache of a type stores its numbers. */
    static PanelCode.Format format(KvType type) {
        return switch (type) {
            case F32 -> PanelCode.Format.F32;
            case F16 -> PanelCode.Format.F16;
            case Q8_0 -> PanelCode.Format.I8;
        };
    }

    /** The softmax of all rows; those that see the same positions go together. */
    private void weights(Op.Attention op, int position, int group, int first, int count, int p, int n, boolean more) {
        set(softmaxArguments, SoftmaxCode.SCORES_STRIDE, SCORES_STRIDE);
        set(softmaxArguments, SoftmaxCode.UNITS, Math.ceilDiv(n, KvCache.TILE));
        softmaxArguments.set(ValueLayout.JAVA_FLOAT, SoftmaxCode.SCALE, op.scale());
        set(softmaxArguments, SoftmaxCode.TABLE, code.expTable());
        set(softmaxArguments, SoftmaxCode.OUT_STRIDE, outStride);
        set(softmaxArguments, SoftmaxCode.OUT_UNITS, more ? outStride / 64 : 0);
        for (int r = 0; r < count; ) {
            int from = from(op, position + (first + r) / group, p);
            int to = to(position + (first + r) / group, p, n);
            int end = r + 1;
            while (end < count
                    && from(op, position + (first + end) / group, p) == from
                    && to(position + (first + end) / group, p, n) == to) {
                end++;
            }
            if (from >= to) {
                scores.asSlice(r * SCORES_STRIDE, (end - r) * SCORES_STRIDE).fill((byte) 0);
            } else {
                set(softmaxArguments, SoftmaxCode.SCORES, scores.address() + r * SCORES_STRIDE);
                set(softmaxArguments, SoftmaxCode.ROWS, end - r);
                set(softmaxArguments, SoftmaxCode.FROM, from);
                set(softmaxArguments, SoftmaxCode.TO, to);
                set(softmaxArguments, SoftmaxCode.STATE, state.address() + 8L * r);
                set(softmaxArguments, SoftmaxCode.OUT, out.address() + r * outStride);
                call(code.softmax(), softmaxArguments);
            }
            r = end;
        }
    }

    private static int from(Op.Attention op, int own, int p) {
        return Math.max(0, AttentionWork.firstSeen(op, own) - p);
    }

    private static int to(int own, int p, int n) {
        return Math.min(n, own + 1 - p);
    }

    private static void set(MemorySegment arguments, int at, long value) {
        arguments.set(ValueLayout.JAVA_LONG, at, value);
    }

    private static void call(MemorySegment function, MemorySegment arguments) {
        MachineCode.call(function, arguments.address(), MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL);
    }

    @Override
    public float maximum(int r) {
        return state.get(ValueLayout.JAVA_FLOAT, 8L * r);
    }

    @Override
    public float sum(int r) {
        return state.get(ValueLayout.JAVA_FLOAT, 8L * r + 4);
    }

    @Override
    public void weighted(int r, float[] to, int at, int dim) {
        MemorySegment.copy(out, ValueLayout.JAVA_FLOAT, r * outStride, to, at, dim);
    }
}
