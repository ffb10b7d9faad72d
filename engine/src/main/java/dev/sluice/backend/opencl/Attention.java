package dev.sluice.backend.opencl;

import dev.sluice.backend.KvType;
import dev.sluice.graph.Op;

/**
 * {@code attention.cl}: the last tokens over the KV cache, a launch for each sequence; fewer query rows a group for one
 * token than for many.
 */
final class Attention implements Stage {
    private final Op.Attention op;
    private final Value q;
    private final Value y;
    private final DeviceTuning tuning;
    private final int queriesOfOne;
    private final int queriesOfMany;
    private final ByKvType one;
    private final ByKvType many;

    /** {@code y} has contiguous rows. */
    Attention(OpenClDevice device, Op.Attention op, Value q, Value y, DeviceTuning tuning) {
        this.op = op;
        this.q = q;
        this.y = y;
        this.tuning = tuning;
        queriesOfMany = queries(device, op, tuning);
        queriesOfOne = Math.min(queriesOfMany, op.heads() / op.kvHeads());
        one = new ByKvType(device, spec(tuning, op.headDim(), queriesOfOne));
        many = queriesOfOne == queriesOfMany ? one : new ByKvType(device, spec(tuning, op.headDim(), queriesOfMany));
    }

    /** Query rows of a work-group for many tokens: as many as are wanted and fit. */
    static int queries(OpenClDevice device, Op.Attention op, DeviceTuning tuning) {
        int most = tuning.queries(op.headDim());
        while (most > 1 && localBytes(op.headDim(), most) > device.limits().panelBytes()) {
            most--;
        }
        return most;
    }

    private static long localBytes(int headDim, int queries) {
        int valueDim = (headDim + 15) / 16 * 16;
        return Float.BYTES * (long) queries * (headDim + DeviceTuning.KEYS + valueDim + 3);
    }

    /** To be completed by {@link ByKvType#spec}. */
    static ProgramSpec spec(DeviceTuning tuning, int headDim, int queries) {
        return ProgramSpec.of("attention")
                .with("HEAD_DIM", headDim)
                .with("LANES", tuning.lanes())
                .with("QUERIES", queries)
                .with("KEYS", DeviceTuning.KEYS)
                .with("KEY_ITEMS", tuning.keyItems())
                .with("SUB_GROUP", tuning.subGroup())
                .multiplyingBy(tuning);
    }

    @Override
    public void submit(Run run) {
        for (int part = 0; part < run.step.parts(); part++) {
            submit(run, part);
        }
    }

    /** Queues the launch of one sequence. */
    void submit(Run run, int part) {
        KvCache cache = run.cache(part);
        int tokens = run.step.tokens(part);
        boolean single = tokens == 1;
        int rows = Math.multiplyExact(tokens, op.heads() / op.kvHeads());
        int groups = Math.ceilDiv(rows, single ? queriesOfOne : queriesOfMany);
        (single ? one : many)
                .of(cache)
                .args()
                .buffer(run.buffer(q))
                .i32(run.at(part, q))
                .i32(q.stride())
                .i32(op.heads())
                .i32(op.kvHeads())
                .buffer(cache.keys())
                .buffer(cache.values())
                .i32(cache.stride())
                .i32(run.step.position(part))
                .i32(tokens)
                .i32(op.window())
                .f32(op.scale())
                .buffer(run.buffer(y))
                .i32(run.at(part, y))
                .launch(
                        run.queue,
                        (long) op.kvHeads() * tuning.tileItems(),
                        (long) groups * tuning.keyItems(),
                        tuning.tileItems(),
                        tuning.keyItems());
    }

    @Override
    public boolean records() {
        return false;
    }

    @Override
    public void prepare(KvType type) {
        one.of(type);
        many.of(type);
    }

    @Override
    public void close() {
        one.close();
        many.close();
    }
}
