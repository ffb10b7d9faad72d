package dev.sluice.backend.opencl;

import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.graph.Op;
import dev.sluice.opencl.Buffer;

/** Keys and values of one sequence in one layer, in the layout of {@code kv.cl}. */
final class KvCache implements LayerState {
    private final OpenClDevice device;
    private final Op.Attention op;
    private final int capacity;
    private final KvType type;
    private final Buffer keys;
    private final Buffer values;

    KvCache(OpenClDevice device, Op.Attention op, int capacity, KvType type) {
        this.device = device;
        this.op = op;
        this.capacity = capacity;
        this.type = type;
        keys = device.newBuffer(keyBytes(op, capacity, type), "the keys of " + capacity + " tokens");
        Buffer made;
        try {
            made = device.newBuffer(valueBytes(op, capacity, type), "the values of " + capacity + " tokens");
        } catch (RuntimeException e) {
            device.free(keys);
            throw e;
        }
        values = made;
    }

    private static long rounded(int capacity) {
        return (capacity + 15L) / 16 * 16;
    }

    static long keyBytes(Op.Attention op, int capacity, KvType type) {
        return rounded(capacity) * op.kvHeads() * type.bytes(op.headDim());
    }

    static long valueBytes(Op.Attention op, int capacity, KvType type) {
        return rounded(capacity) * op.kvHeads() * type.bytes((op.headDim() + 15) / 16 * 16);
    }

    boolean fits(OpenClDevice owner, Op.Attention wanted) {
        return device == owner
                && !keys.isClosed()
                && op.kvHeads() == wanted.kvHeads()
                && op.headDim() == wanted.headDim();
    }

    Buffer keys() {
        return keys;
    }

    Buffer values() {
        return values;
    }

    KvType type() {
        return type;
    }

    /** Positions between the beginnings of two heads. */
    int stride() {
        return (int) rounded(capacity);
    }

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public long bytes() {
        return keys.byteSize() + values.byteSize();
    }

    @Override
    public void close() {
        device.settle();
        device.free(keys);
        device.free(values);
    }
}
