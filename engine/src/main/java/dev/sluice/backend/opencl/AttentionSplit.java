package dev.sluice.backend.opencl;

import dev.sluice.backend.KvType;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.opencl.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * {@code attention_split.cl} and {@code attention_merge.cl}: one token of one sequence, from the projections to the
 * result of attention. The KV length is divided among work-groups; a short one is not, and then there is nothing to merge.
 */
final class AttentionSplit implements AutoCloseable {
    /** Shares of the KV length, at most. */
    static final int MOST_SPLITS = 64;

    /** Positions that a block of keys in the cache has side by side. */
    private static final int TILE = 16;

    private static final int MERGE_ITEMS = 64;

    /** What the heads go through before they meet: {@link Rope} does the same for many tokens. */
    record Heads(
            Rope.Heads q,
            Rope.Heads k,
            Value v,
            float eps,
            @Nullable Rotation rotation,
            @Nullable RotationTable table) {}

    private final OpenClDevice device;
    private final Op.Attention op;
    private final Heads heads;
    private final Value y;
    private final DeviceTuning tuning;
    private final int items;
    private final int queries;
    private final int valueDim;
    private final ByKvType split;
    private final BoundKernel merge;

    /** {@code y} has contiguous rows. */
    AttentionSplit(OpenClDevice device, Op.Attention op, Heads heads, Value y, DeviceTuning tuning) {
        this.device = device;
        this.op = op;
        this.heads = heads;
        this.y = y;
        this.tuning = tuning;
        items = tuning.keys().items();
        valueDim = (op.headDim() + 15) / 16 * 16;
        queries = queries(op, items);
        split = new ByKvType(device, spec(tuning, op.headDim(), queries));
        merge = device.bind(mergeSpec(tuning, op.headDim()));
        device.scratch().reservePartials((long) op.heads() * MOST_SPLITS * (valueDim + 2));
    }

    static ProgramSpec spec(DeviceTuning tuning, int headDim, int queries) {
        return ProgramSpec.of("attention_split")
                .with("HEAD_DIM", headDim)
                .with("ITEMS", tuning.keys().items())
                .with("QUERIES", queries)
                .with("SUB_GROUP", tuning.subGroup())
                .multiplyingBy(tuning);
    }

    static ProgramSpec mergeSpec(DeviceTuning tuning, int headDim) {
        return ProgramSpec.of("attention_merge")
                .with("HEAD_DIM", headDim)
                .with("ITEMS", MERGE_ITEMS)
                .with("SPLITS", MOST_SPLITS)
                .multiplyingBy(tuning);
    }

    /** Whether a device runs this for an attention: its work-groups must have room for a head. */
    static boolean serves(OpenClDevice device, Op.Attention op, DeviceTuning tuning) {
        int items = tuning.keys().items();
        if (items == 0 || (op.headDim() + 15) / 16 * 4 > items) {
            return false;
        }
        int queries = queries(op, items);
        long local = (queries + 1L) * (op.headDim() + 16 + 1) + queries * (items + 16L) + 4L * items;
        return local * Float.BYTES <= device.localMemoryForPanels();
    }

    /** Query heads of a work-group: as many as share a KV head, if they have 16 work-items each and fit its registers. */
    private static int queries(Op.Attention op, int items) {
        int group = op.heads() / op.kvHeads();
        int most = mostQueries(items);
        return Math.ceilDiv(group, Math.ceilDiv(group, most));
    }

    /** More than four fill the registers of some GPUs ({@code scripts/kernel-report}). */
    static int mostQueries(int items) {
        return Math.min(items / 16, 4);
    }

    /**
     * Into how many shares the keys of a position are cut: no more than keep the device busy, none shorter than pays.
     * It depends on the position alone, so that what a sequence gets does not depend on its company.
     */
    int splits(int position) {
        int groups = op.kvHeads() * Math.ceilDiv(op.heads() / op.kvHeads(), queries);
        int wanted = Math.ceilDiv(tuning.keys().groupsPerUnit() * device.computeUnits(), groups);
        int worthIt = seen(position) / tuning.keys().keys();
        return Math.clamp(Math.min(wanted, worthIt), 1, MOST_SPLITS);
    }

    /** Cached positions that are gone over, from the beginning of a tile on. */
    private int seen(int position) {
        int from = op.window() > 0 ? Math.max(0, position - op.window() + 1) : 0;
        return position - from / TILE * TILE;
    }

    void submit(Run run, int part) {
        KvCache cache = run.cache(part);
        int position = run.step.position(part);
        int wanted = splits(position);
        int length = Math.max(TILE, (Math.ceilDiv(seen(position), wanted) + TILE - 1) / TILE * TILE);
        int splits = Math.max(1, Math.ceilDiv(seen(position), length));
        int groups = op.kvHeads() * Math.ceilDiv(op.heads() / op.kvHeads(), queries);
        Rotation rotation = heads.rotation();
        RotationTable table = heads.table();
        Buffer partials = device.scratch().partials();
        split.of(cache)
                .args()
                .buffer(run.buffer(heads.q().value()))
                .i32(run.at(part, heads.q().value()))
                .i32(op.heads())
                .buffer(heads.q().gain())
                .buffer(run.buffer(heads.k().value()))
                .i32(run.at(part, heads.k().value()))
                .i32(op.kvHeads())
                .buffer(heads.k().gain())
                .f32(heads.eps())
                .buffer(run.buffer(heads.v()))
                .i32(run.at(part, heads.v()))
                .buffer(table == null ? null : table.upTo(position + 1, run.queue))
                .i32(rotation == null ? 0 : rotation.pairs())
                .i32(Rope.flags(heads.q(), heads.k(), rotation))
                .buffer(cache.keys())
                .buffer(cache.values())
                .i32(cache.stride())
                .i32(position)
                .i32(op.window())
                .f32(op.scale())
                .i32(length)
                .buffer(partials)
                .buffer(run.buffer(y))
                .i32(run.at(part, y))
                .launch(run.queue, (long) groups * items, splits, items, 1);
        if (splits > 1) {
            merge.args()
                    .buffer(partials)
                    .i32(op.heads())
                    .i32(splits)
                    .buffer(run.buffer(y))
                    .i32(run.at(part, y))
                    .launch(run.queue, (long) op.heads() * MERGE_ITEMS, 1, MERGE_ITEMS, 1);
        }
    }

    void prepare(KvType type) {
        split.of(type);
    }

    @Override
    public void close() {
        split.close();
        merge.close();
    }
}
