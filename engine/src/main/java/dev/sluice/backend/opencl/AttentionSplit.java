package dev.sluice.backend.opencl;

import dev.sluice.backend.KvType;
import dev.sluice.graph.Op;

/**
 * {@code attention_split.cl} and {@code attention_merge.cl}: one token of one sequence, from the projections to the
 * result of attention. The KV length is divided among work-groups; a short one is not, and then there is nothing to merge.
 */
final class AttentionSplit implements TokenAttention {
    /** Positions that a block of keys in the cache has side by side. */
    private static final int TILE = 16;
    /** The length of a share that has all positions. */
    private static final int WHOLE = 1 << 30;

    private final OpenClDevice device;
    private final Op.Attention op;
    private final TokenHeads heads;
    private final Value y;
    private final DeviceTuning tuning;
    private final int items;
    private final int queries;
    private final ByKvType split;
    private final AttentionMerge merge;

    /** {@code y} has contiguous rows. */
    AttentionSplit(OpenClDevice device, Op.Attention op, TokenHeads heads, Value y, DeviceTuning tuning) {
        this.device = device;
        this.op = op;
        this.heads = heads;
        this.y = y;
        this.tuning = tuning;
        items = tuning.keys().items();
        queries = queries(op, items);
        split = new ByKvType(device, spec(tuning, op.headDim(), queries));
        merge = new AttentionMerge(device, op, y, tuning);
    }

    static ProgramSpec spec(DeviceTuning tuning, int headDim, int queries) {
        return ProgramSpec.of("attention_split")
                .with("HEAD_DIM", headDim)
                .with("ITEMS", tuning.keys().items())
                .with("QUERIES", queries)
                .with("SUB_GROUP", tuning.subGroup())
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
        return local * Float.BYTES <= device.limits().panelBytes();
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
        int wanted =
                Math.ceilDiv(tuning.keys().groupsPerUnit() * device.limits().computeUnits(), groups);
        int worthIt = seen(position) / tuning.keys().keys();
        return Math.clamp(Math.min(wanted, worthIt), 1, AttentionMerge.MOST_SPLITS);
    }

    /** Cached positions that are gone over, from the beginning of a tile on. */
    private int seen(int position) {
        int from = op.window() > 0 ? Math.max(0, position - op.window() + 1) : 0;
        return position - from / TILE * TILE;
    }

    /** Positions of a share; one that is alone takes all, so that its launch is the same at many positions. */
    private int length(int position) {
        int wanted = splits(position);
        return wanted == 1 ? WHOLE : (Math.ceilDiv(seen(position), wanted) + TILE - 1) / TILE * TILE;
    }

    @Override
    public long shape(int position) {
        int length = length(position);
        long splits = Math.max(1, Math.ceilDiv(seen(position), length));
        // Lengths are below 2^31, shares at most 64, tables as long as a power of two.
        return (long) length << Integer.SIZE
                | splits << Byte.SIZE
                | Integer.numberOfTrailingZeros(Math.max(1, heads.turns(position)));
    }

    @Override
    public void submit(Run run, int part) {
        KvCache cache = run.cache(part);
        int position = run.step.position(part);
        int length = length(position);
        int splits = Math.max(1, Math.ceilDiv(seen(position), length));
        int groups = op.kvHeads() * Math.ceilDiv(op.heads() / op.kvHeads(), queries);
        heads.arguments(split.of(cache).args(), op, run, part, device.recorder().position())
                .i32(length)
                .buffer(device.scratch().partials())
                .buffer(run.buffer(y))
                .i32(run.at(part, y))
                .launch(run.queue, (long) groups * items, splits, items, 1);
        merge.submit(run, part, splits);
    }

    @Override
    public void prepare(KvType type) {
        split.of(type);
    }

    @Override
    public void close() {
        split.close();
        merge.close();
    }
}
