package dev.sluice.backend.cpu;

import dev.sluice.backend.KvType;
import dev.sluice.backend.cpu.asm.AddCode;
import dev.sluice.backend.cpu.asm.ArgMaxCode;
import dev.sluice.backend.cpu.asm.GateCode;
import dev.sluice.backend.cpu.asm.KvStoreCode;
import dev.sluice.backend.cpu.asm.NormCode;
import dev.sluice.backend.cpu.asm.PackCode;
import dev.sluice.backend.cpu.asm.RopeCode;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.system.MachineCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The small operations on floats in machine code, with one worker's argument blocks. */
final class FloatOps {
    private final FloatCode code;
    private final MemorySegment norm;
    private final MemorySegment gate;
    private final MemorySegment rope;
    private final MemorySegment kvStore;
    private final MemorySegment pack;
    private final MemorySegment add;
    private final MemorySegment argMax;

    /**
     * Makes one.
     *
     * @param arena lives as long as this
     */
    FloatOps(FloatCode code, Arena arena) {
        this.code = code;
        norm = arena.allocate(NormCode.ARGUMENTS, 64);
        gate = arena.allocate(GateCode.ARGUMENTS, 64);
        rope = arena.allocate(RopeCode.ARGUMENTS, 64);
        kvStore = arena.allocate(KvStoreCode.ARGUMENTS, 64);
        pack = arena.allocate(PackCode.ARGUMENTS, 64);
        add = arena.allocate(AddCode.ARGUMENTS, 64);
        argMax = arena.allocate(ArgMaxCode.ARGUMENTS, 64);
        GateCode.prepare(gate, code.expTable(), Activation.GELU_LINEAR_FROM);
        RopeCode.prepare(rope);
        ArgMaxCode.prepare(argMax);
        PackCode.prepare(pack);
    }

    /** RMSNorm of a run of {@code count} floats; offsets are in bytes. */
    void rmsNorm(
            MemorySegment x, long xOffset, MemorySegment gain, int count, float eps, MemorySegment y, long yOffset) {
        norm.set(ValueLayout.JAVA_LONG, NormCode.X, xOffset);
        norm.set(ValueLayout.JAVA_LONG, NormCode.Y, yOffset);
        norm.set(ValueLayout.JAVA_LONG, NormCode.COUNT, count);
        MachineCode.call(code.norm(NormCode.SUM_OF_SQUARES), norm.address(), x, y, gain);
        double sum = norm.get(ValueLayout.JAVA_DOUBLE, NormCode.SUM);
        // Rounded where ggml rounds, so that models compared with it differ by the order of sums alone.
        float factor = 1 / (float) Math.sqrt((float) (sum / count) + eps);
        norm.set(ValueLayout.JAVA_FLOAT, NormCode.FACTOR, factor);
        MachineCode.call(code.norm(NormCode.SCALE), norm.address(), x, y, gain);
    }

    /** {@code gates = activation(gates) ⊙ ups}; offsets are in bytes. */
    void activate(
            Activation activation, MemorySegment gates, long gateOffset, MemorySegment ups, long upOffset, int count) {
        gate.set(ValueLayout.JAVA_LONG, GateCode.GATE, gateOffset);
        gate.set(ValueLayout.JAVA_LONG, GateCode.UP, upOffset);
        gate.set(ValueLayout.JAVA_LONG, GateCode.COUNT, count);
        switch (activation) {
            case SILU -> MachineCode.call(code.gate(GateCode.SILU), gate.address(), gates, ups, MemorySegment.NULL);
            case GELU_TANH ->
                MachineCode.call(code.gate(GateCode.TABLE_OF_HALVES), gate.address(), gates, ups, GeluTable.segment());
        }
    }

    /** Turns some heads, counted over all tokens. */
    void rope(Op.Rope op, RotationTable table, Rows x, Rows y, int firstHead, int lastHead) {
        Rotation rotation = op.rotation();
        int turned = 2 * rotation.pairs();
        int function = rotation.pairing() == Rotation.Pairing.HALVES ? RopeCode.HALVES : RopeCode.INTERLEAVED;
        rope.set(ValueLayout.JAVA_LONG, RopeCode.PAIRS, rotation.pairs());
        rope.set(ValueLayout.JAVA_LONG, RopeCode.HEAD_BYTES, (long) Float.BYTES * op.headDim());
        for (int h = firstHead; h < lastHead; ) {
            int t = h / op.heads();
            int heads = Math.min(lastHead, (t + 1) * op.heads()) - h;
            int from = x.at(0) + h * op.headDim();
            int to = y.at(0) + h * op.headDim();
            for (int i = 0; turned < op.headDim() && i < heads; i++) {
                int at = i * op.headDim() + turned;
                System.arraycopy(x.data(), from + at, y.data(), to + at, op.headDim() - turned);
            }
            rope.set(ValueLayout.JAVA_LONG, RopeCode.X, (long) Float.BYTES * from);
            rope.set(ValueLayout.JAVA_LONG, RopeCode.Y, (long) Float.BYTES * to);
            rope.set(ValueLayout.JAVA_LONG, RopeCode.ANGLES, (long) Float.BYTES * table.at(t));
            rope.set(ValueLayout.JAVA_LONG, RopeCode.HEADS, heads);
            MachineCode.call(code.rope(function), rope.address(), x.segment(), y.segment(), table.segment());
            h += heads;
        }
    }

    /** Stores a token's keys and values of some heads in a cache of floats or halves. */
    void store(KvCache cache, int position, int firstHead, int heads, int headDim, Rows k, Rows v, int token) {
        long head = (long) Float.BYTES * firstHead * headDim;
        long lane = (long) position % KvCache.TILE * cache.elementBytes();
        kvStore.set(ValueLayout.JAVA_LONG, KvStoreCode.COUNT, headDim);
        kvStore.set(ValueLayout.JAVA_LONG, KvStoreCode.HEADS, heads);
        kvStore.set(ValueLayout.JAVA_LONG, KvStoreCode.KEY_STEP, cache.keyAt(1, 0) - cache.keyTileBytes());
        kvStore.set(
                ValueLayout.JAVA_LONG,
                KvStoreCode.VALUE_STEP,
                cache.valueAt(1, 0) - (long) headDim * cache.elementBytes());
        store(
                cache.type() == KvType.F32 ? KvStoreCode.F32 : KvStoreCode.F16,
                k.segment(),
                k.offset(token) + head,
                v.segment(),
                v.offset(token) + head,
                cache.keys().address() + cache.keyAt(firstHead, position / KvCache.TILE) + lane,
                cache.values().address() + cache.valueAt(firstHead, position));
    }

    /** Stores one head's keys and values at addresses. */
    void storeHead(int function, MemorySegment k, MemorySegment v, int headDim, long keys, long values) {
        kvStore.set(ValueLayout.JAVA_LONG, KvStoreCode.COUNT, headDim);
        kvStore.set(ValueLayout.JAVA_LONG, KvStoreCode.HEADS, 1);
        store(function, k, 0, v, 0, keys, values);
    }

    private void store(
            int function, MemorySegment k, long kOffset, MemorySegment v, long vOffset, long keys, long values) {
        kvStore.set(ValueLayout.JAVA_LONG, KvStoreCode.K, kOffset);
        kvStore.set(ValueLayout.JAVA_LONG, KvStoreCode.V, vOffset);
        kvStore.set(ValueLayout.JAVA_LONG, KvStoreCode.KEYS, keys);
        kvStore.set(ValueLayout.JAVA_LONG, KvStoreCode.VALUES, values);
        MachineCode.call(code.kvStore(function), kvStore.address(), k, v, MemorySegment.NULL);
    }

    /** Packs 16 rows of so many units, from one address to another. */
    void pack(PackCode.Format format, long rows, long rowBytes, long tile, int units) {
        pack.set(ValueLayout.JAVA_LONG, PackCode.ROWS, rows);
        pack.set(ValueLayout.JAVA_LONG, PackCode.ROW_BYTES, rowBytes);
        pack.set(ValueLayout.JAVA_LONG, PackCode.TILE, tile);
        pack.set(ValueLayout.JAVA_LONG, PackCode.UNITS, units);
        MachineCode.call(code.pack(format), pack.address(), MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL);
    }

    /** {@code y = a + b}; offsets are in bytes. */
    void add(MemorySegment a, long aOffset, MemorySegment b, long bOffset, MemorySegment y, long yOffset, int count) {
        add.set(ValueLayout.JAVA_LONG, AddCode.A, aOffset);
        add.set(ValueLayout.JAVA_LONG, AddCode.B, bOffset);
        add.set(ValueLayout.JAVA_LONG, AddCode.Y, yOffset);
        add.set(ValueLayout.JAVA_LONG, AddCode.COUNT, count);
        MachineCode.call(code.add(), add.address(), a, b, y);
    }

    /** Index of the largest of {@code count} floats, the first of equals; NaN is never larger, and −1 is where all are NaN. */
    int argMax(float[] x, MemorySegment segment, int at, int count) {
        int whole = count & ~15;
        argMax.set(ValueLayout.JAVA_LONG, ArgMaxCode.X, (long) Float.BYTES * at);
        argMax.set(ValueLayout.JAVA_LONG, ArgMaxCode.UNITS, whole / 16);
        MachineCode.call(code.argMax(), argMax.address(), segment, MemorySegment.NULL, MemorySegment.NULL);
        int best = -1;
        float max = Float.NEGATIVE_INFINITY;
        for (int lane = 0; lane < 16; lane++) {
            float most = argMax.get(ValueLayout.JAVA_FLOAT, ArgMaxCode.MOST + 4L * lane);
            int where = argMax.get(ValueLayout.JAVA_INT, ArgMaxCode.WHERE + 4L * lane);
            if (most > max || (most == max && max > Float.NEGATIVE_INFINITY && where < best)) {
                max = most;
                best = where;
            }
        }
        for (int i = whole; i < count; i++) {
            if (x[at + i] > max) {
                max = x[at + i];
                best = i;
            }
        }
        return best < 0 ? ScalarOps.argMax(x, at, count) : best; // nothing above negative infinity
    }
}
