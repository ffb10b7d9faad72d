package dev.sluice.backend.opencl;

import dev.sluice.backend.KvType;
import dev.sluice.graph.Op;

/**
 * {@code attention_lanes.cl}: {@link TokenAttention} of devices with vector units. The number of shares depends on the device
 * alone, so that a launch is the same at every position and can go into {@link LayersKernel}.
 */
final class AttentionLanes implements TokenAttention {
    private final OpenClDevice device;
    private final Op.Attention op;
    private final TokenHeads heads;
    private final Value y;
    private final int splits;
    private final ByKvType lanes;
    private final AttentionMerge merge;

    /** {@code y} has contiguous rows. */
    AttentionLanes(OpenClDevice device, Op.Attention op, TokenHeads heads, Value y, DeviceTuning tuning) {
        this.device = device;
        this.op = op;
        this.heads = heads;
        this.y = y;
        splits = splits(op.kvHeads(), device.limits().computeUnits());
        int group = op.heads() / op.kvHeads();
        int chunks = Math.ceilDiv(group, mostQueries(tuning));
        lanes = new ByKvType(device, spec(tuning, op.headDim(), Math.ceilDiv(group, chunks)));
        merge = new AttentionMerge(device, op, y, tuning);
    }

    /** Shares of each KV head's positions: as few as give every compute unit as many. */
    static int splits(int kvHeads, int units) {
        int common = kvHeads;
        for (int rest = units; rest > 0; ) {
            int next = common % rest;
            common = rest;
            rest = next;
        }
        return Math.min(units / common, AttentionMerge.MOST_SPLITS);
    }

    /** Query heads whose sums fit the registers; 0 where vectors are not what computes. */
    static int mostQueries(DeviceTuning tuning) {
        return tuning.lanes() == 16 ? tuning.queries() : 0;
    }

    static ProgramSpec spec(DeviceTuning tuning, int headDim, int queries) {
        int vectors = (headDim + 15) / 16;
        int parts = Math.min(vectors, Math.max(1, 2 * mostQueries(tuning) / queries));
        while (vectors % parts != 0) {
            parts--;
        }
        return ProgramSpec.of("attention_lanes")
                .with("HEAD_DIM", headDim)
                .with("QUERIES", queries)
                .with("PARTS", parts)
                .with("AHEAD", tuning.vectors().ahead())
                .multiplyingBy(tuning);
    }

    @Override
    public void submit(Run run, int part) {
        heads.arguments(
                        lanes.of(run.cache(part)).args(),
                        op,
                        run,
                        part,
                        device.recorder().position())
                .buffer(device.scratch().partials())
                .buffer(run.buffer(y))
                .i32(run.at(part, y))
                .launch(run.queue, op.kvHeads(), splits, 1, 1);
        merge.submit(run, part, splits);
    }

    @Override
    public long shape(int position) {
        return heads.turns(position);
    }

    @Override
    public void prepare(KvType type) {
        lanes.of(type);
    }

    @Override
    public void close() {
        lanes.close();
        merge.close();
    }
}
