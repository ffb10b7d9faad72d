package dev.sluice.backend.cpu;

import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Op;
import dev.sluice.system.PageMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Keys and values of one sequence in one layer, laid out so that both products of attention read whole vectors. Keys of
 * a head lie in tiles of 16 positions, [tile][dimension][16]: a query's element is multiplied with 16 positions at once.
 * Values lie as [position][dimension], dimensions padded to 16: a probability is multiplied with 16 dimensions at once.
 */
final class KvCache implements LayerState, ScalarOps.KeyValues {
    static final int TILE = 16;

    private final CpuDevice device;
    private final Arena arena = Arena.ofShared();
    private final KvType type;
    private final int capacity;
    private final int kvHeads;
    private final int headDim;
    private final int tiles;
    private final int valueWidth;
    private final MemorySegment keys;
    private final MemorySegment values;
    private boolean closed;

    KvCache(CpuDevice device, Op.Attention op, int capacity, KvType type) {
        if (capacity <= 0) {
            throw new IllegalArgumentException("a KV cache of " + capacity + " tokens");
        }
        this.device = device;
        this.type = type;
        this.capacity = capacity;
        kvHeads = op.kvHeads();
        headDim = op.headDim();
        tiles = Math.ceilDiv(capacity, TILE);
        valueWidth = paddedWidth(headDim);
        try {
            keys = PageMemory.allocate(arena, (long) kvHeads * tiles * TILE * headDim * type.bytes());
            values = PageMemory.allocate(arena, (long) kvHeads * tiles * TILE * valueWidth * type.bytes());
        } catch (OutOfMemoryError e) {
            arena.close();
            throw new SluiceException(
                    "no memory for a KV cache of " + capacity + " tokens: choose a smaller context or F16", e);
        }
    }

    /** Floats that a position's values of one head take. */
    static int paddedWidth(int headDim) {
        return Math.ceilDiv(headDim, TILE) * TILE;
    }

    /** Stores the keys and values of one head at one position. */
    void put(int head, int position, float[] k, int kAt, float[] v, int vAt) {
        long key = keyIndex(head, position / TILE) + position % TILE;
        long value = valueIndex(head, position);
        for (int d = 0; d < headDim; d++) {
            store(keys, key + (long) TILE * d, k[kAt + d]);
            store(values, value + d, v[vAt + d]);
        }
    }

    @Override
    public float key(int head, int position, int d) {
        return load(keys, keyIndex(head, position / TILE) + (long) TILE * d + position % TILE);
    }

    @Override
    public float value(int head, int position, int d) {
        return load(values, valueIndex(head, position) + d);
    }

    /** Index of the first element of a key tile. */
    long keyIndex(int head, int tile) {
        return ((long) head * tiles + tile) * TILE * headDim;
    }

    /** Index of the first element of a position's values. */
    long valueIndex(int head, int position) {
        return ((long) head * tiles * TILE + position) * valueWidth;
    }

    MemorySegment keys() {
        return keys;
    }

    MemorySegment values() {
        return values;
    }

    KvType type() {
        return type;
    }

    boolean fits(Op.Attention op) {
        return op.kvHeads() == kvHeads && op.headDim() == headDim;
    }

    boolean belongsTo(CpuDevice other) {
        return device == other;
    }

    boolean isClosed() {
        return closed;
    }

    private void store(MemorySegment to, long index, float x) {
        switch (type) {
            case F32 -> to.setAtIndex(ValueLayout.JAVA_FLOAT, index, x);
            case F16 -> to.setAtIndex(ValueLayout.JAVA_SHORT, index, Float.floatToFloat16(x));
        }
    }

    private float load(MemorySegment from, long index) {
        return switch (type) {
            case F32 -> from.getAtIndex(ValueLayout.JAVA_FLOAT, index);
            case F16 -> Float.float16ToFloat(from.getAtIndex(ValueLayout.JAVA_SHORT, index));
        };
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
        device.exclusively(() -> {
            if (!closed) {
                closed = true;
                arena.close();
                device.forget(this);
            }
        });
    }
}
