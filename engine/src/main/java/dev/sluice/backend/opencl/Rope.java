package dev.sluice.backend.opencl;

import dev.sluice.backend.KvType;
import dev.sluice.backend.Step;
import dev.sluice.graph.Rotation;
import dev.sluice.opencl.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * {@code rope.cl}: what happens to queries, keys and values between the projections and attention. Turns queries from one
 * value into another, or keys on their way into the KV cache with the values, or both at once. A launch for each sequence.
 */
final class Rope implements Stage {
    private static final int NORM_Q = 1;
    private static final int NORM_K = 2;
    private static final int HALVES = 4;
    private static final int APPEND = 8;

    /**
     * One kind of heads and where it lies.
     *
     * @param gain of the norm of each head, if there is one
     */
    record Heads(Value value, int count, @Nullable Buffer gain) {}

    private final @Nullable Heads q;
    private final @Nullable Value y;
    private final @Nullable Heads k;
    private final @Nullable Value v;
    private final float eps;
    private final @Nullable RotationTable table;
    private final int pairs;
    private final int flags;
    private final int slots;
    private final DeviceTuning tuning;
    private final ByKvType kernels;

    /**
     * At least one of the two kinds is given.
     *
     * @param q queries, which go to {@code y}
     * @param k keys, which go to the cache as {@code v} does
     * @param rotation null if nothing is turned
     */
    Rope(
            OpenClDevice device,
            int headDim,
            @Nullable Heads q,
            @Nullable Value y,
            @Nullable Heads k,
            @Nullable Value v,
            float eps,
            @Nullable Rotation rotation,
            @Nullable RotationTable table) {
        this.q = q;
        this.y = y;
        this.k = k;
        this.v = v;
        this.eps = eps;
        this.table = table;
        pairs = rotation == null ? 0 : rotation.pairs();
        flags = flags(q, k, rotation);
        slots = (q == null ? 0 : q.count()) + (k == null ? 0 : 2 * k.count());
        tuning = device.tuning();
        kernels = new ByKvType(device, spec(tuning, headDim));
    }

    /** To be completed by {@link ByKvType#spec}. */
    static ProgramSpec spec(DeviceTuning tuning, int headDim) {
        return ProgramSpec.of("rope").with("HEAD_DIM", headDim).with("ITEMS", Math.min(tuning.items(), 32));
    }

    /** The bits of {@code heads.cl}. */
    static int flags(@Nullable Heads q, @Nullable Heads k, @Nullable Rotation rotation) {
        boolean halves = rotation != null && rotation.pairing() == Rotation.Pairing.HALVES;
        return (q != null && q.gain() != null ? NORM_Q : 0)
                | (k != null && k.gain() != null ? NORM_K : 0)
                | (halves ? HALVES : 0)
                | (k != null ? APPEND : 0);
    }

    @Override
    public void submit(Run run) {
        Step step = run.step;
        Buffer turns = null;
        if (table != null) {
            int positions = 0;
            for (int part = 0; part < step.parts(); part++) {
                positions = Math.max(positions, step.position(part) + step.tokens(part));
            }
            turns = table.upTo(positions, run.queue);
        }
        for (int part = 0; part < step.parts(); part++) {
            submit(run, part, turns);
        }
    }

    /** Queues the launch of one sequence. */
    void submit(Run run, int part) {
        int positions = run.step.position(part) + run.step.tokens(part);
        submit(run, part, table == null ? null : table.upTo(positions, run.queue));
    }

    private void submit(Run run, int part, @Nullable Buffer turns) {
        KvCache cache = k == null ? null : run.cache(part);
        int items = Math.min(tuning.items(), 32);
        int groups = tuning.items() == 1 ? 1 : slots;
        kernels.of(cache)
                .args()
                .buffer(q == null ? null : run.buffer(q.value()))
                .i32(q == null ? 0 : run.at(part, q.value()))
                .i32(q == null ? 0 : q.value().stride())
                .i32(q == null ? 0 : q.count())
                .buffer(q == null ? null : q.gain())
                .buffer(k == null ? null : run.buffer(k.value()))
                .i32(k == null ? 0 : run.at(part, k.value()))
                .i32(k == null ? 0 : k.value().stride())
                .i32(k == null ? 0 : k.count())
                .buffer(k == null ? null : k.gain())
                .f32(eps)
                .buffer(run.bufferOrNone(v))
                .i32(run.atOrZero(part, v))
                .i32(v == null ? 0 : v.stride())
                .buffer(run.bufferOrNone(y))
                .i32(run.atOrZero(part, y))
                .i32(y == null ? 0 : y.stride())
                .buffer(turns)
                .i32(pairs)
                .i32(flags)
                .buffer(cache == null ? null : cache.keys())
                .buffer(cache == null ? null : cache.values())
                .i32(cache == null ? 0 : cache.stride())
                .i32(run.step.position(part))
                .launch(run.queue, (long) run.step.tokens(part) * items, groups, items, 1);
    }

    @Override
    public boolean records() {
        return false;
    }

    @Override
    public void prepare(KvType type) {
        kernels.of(type);
    }

    @Override
    public void close() {
        kernels.close();
    }
}
