package dev.sluice.backend.opencl;

import dev.sluice.backend.KvType;
import dev.sluice.backend.Step;
import dev.sluice.graph.Op;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Queue;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Times attention over caches of some length with random content. */
final class AttentionBench extends StageBench {
    /** Positions before the tokens that are measured. */
    private static final int CONTEXT = 1024;

    private static final int MOST_CACHES = 32;
    private static final int KEYS_SLOT = Value.SCRATCH;
    private static final int VALUES_SLOT = Value.SCRATCH + 1;

    /** {@link AttentionSplit} alone, without what takes its place for several tokens. */
    private record SplitStage(AttentionSplit split) implements Stage {
        @Override
        public void submit(Run run) {
            split.submit(run, 0);
        }

        @Override
        public void close() {
            split.close();
        }
    }

    private final Op.Attention op;
    private final Phase phase;
    private final int tokens;
    private final KvType type;
    private final List<KvCache> caches = new ArrayList<>();
    private final Buffer[] slots;
    private final float[] q;
    private final float[] kv;

    /** Makes the caches. */
    AttentionBench(OpenClDevice device, Op.Attention op, Phase phase, DeviceTuning start, int many) {
        super(device, start, phase.tokens(many));
        this.op = op;
        this.phase = phase;
        tokens = phase.tokens(many)[0];
        type = device.usualKvType();
        q = random(op.heads() * op.headDim() * tokens, 1);
        kv = random(op.kvHeads() * op.headDim() * tokens, 2);
        try {
            slots = new Buffer[] {
                newBuffer((long) Float.BYTES * q.length, "queries"),
                newBuffer((long) Float.BYTES * q.length, "results"),
                newBuffer((long) Float.BYTES * kv.length, "keys"),
                newBuffer((long) Float.BYTES * kv.length, "values")
            };
            int capacity = CONTEXT + tokens;
            long bytes = KvCache.keyBytes(op, capacity, type) + KvCache.valueBytes(op, capacity, type);
            long wanted = Math.min(WORKING_SET, device.availableBytes() / 4);
            int count = phase == Phase.MANY ? 1 : Math.clamp(Math.ceilDiv(wanted, bytes), 1, MOST_CACHES);
            for (int i = 0; i < count; i++) {
                KvCache cache = new KvCache(device, op, capacity, type);
                caches.add(cache);
                fill(cache.keys());
                fill(cache.values());
            }
            begin();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void fill(Buffer buffer) {
        if (type == KvType.F32) {
            float[] values = random((int) (buffer.byteSize() / Float.BYTES), 3);
            device.exclusively(queue -> queue.write(buffer, 0, MemorySegment.ofArray(values)));
            return;
        }
        float[] values = random((int) (buffer.byteSize() / Short.BYTES), 3);
        short[] halves = new short[values.length];
        for (int i = 0; i < halves.length; i++) {
            halves[i] = Float.floatToFloat16(values[i]);
        }
        device.exclusively(queue -> queue.write(buffer, 0, MemorySegment.ofArray(halves)));
    }

    private Value value(int slot, int heads) {
        return new Value(slot, 0, heads * op.headDim());
    }

    @Override
    List<Stage> make(DeviceTuning tuning) {
        Value queries = value(Value.INPUT, op.heads());
        Value y = value(Value.OUTPUT, op.heads());
        List<Stage> stages = new ArrayList<>();
        try {
            for (int i = 0; i < caches.size(); i++) {
                stages.add(
                        phase == Phase.ONE ? split(tuning, queries, y) : new Attention(device, op, queries, y, tuning));
            }
            return stages;
        } catch (RuntimeException e) {
            stages.forEach(Stage::close);
            throw e;
        }
    }

    private Stage split(DeviceTuning tuning, Value queries, Value y) {
        if (!AttentionSplit.serves(device, op, tuning)) {
            throw new dev.sluice.error.SluiceException("its work-groups have no room for a head");
        }
        TokenHeads heads = new TokenHeads(
                new Rope.Heads(queries, op.heads(), null),
                new Rope.Heads(value(KEYS_SLOT, op.kvHeads()), op.kvHeads(), null),
                value(VALUES_SLOT, op.kvHeads()),
                0,
                null,
                null);
        return new SplitStage(new AttentionSplit(device, op, heads, y, tuning));
    }

    @Override
    Run run(Queue queue, int copy, int count) {
        return new Run(queue, new Step(CONTEXT, count, count), count, new KvCache[] {caches.get(copy)}, slots);
    }

    @Override
    void reset(Queue queue) {
        queue.write(slots[Value.INPUT], 0, MemorySegment.ofArray(q));
        queue.write(slots[KEYS_SLOT], 0, MemorySegment.ofArray(kv));
        queue.write(slots[VALUES_SLOT], 0, MemorySegment.ofArray(kv));
    }

    @Override
    Result result() {
        int width = op.heads() * op.headDim();
        return new Result(slots[Value.OUTPUT], width, width);
    }

    @Override
    Collection<ProgramSpec> programs(DeviceTuning tuning) {
        int queries = Attention.queries(device, op, tuning);
        return phase == Phase.ONE
                ? List.of()
                : List.of(ByKvType.spec(Attention.spec(tuning, op.headDim(), queries), type));
    }

    @Override
    double limit(DeviceTuning candidate, int count) {
        return type == KvType.F32 ? 4e-9 : 4e-6;
    }

    @Override
    public void close() {
        super.close();
        caches.forEach(KvCache::close);
        caches.clear();
    }
}
