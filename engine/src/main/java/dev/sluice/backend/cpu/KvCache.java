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
 *
 * <p>With {@link KvType#Q8_0} these hold bytes, and the scales of keys and of values lie apart, as
 * [head][block of 32 dimensions][position]: one for each column of scores, or for each probability.
 */
final class KvCache implements LayerState, ScalarOps.KeyValues, CpuDevice.Owned {
    static final int TILE = 16;

    private final CpuDevice device;
    private final Arena arena = Arena.ofShared();
    private final KvType type;
    private final int capacity;
    private final int kvHeads;
    private final int headDim;
    private final int tiles;
    private final int valueWidth;
    private final int blocks;
    private final int elementBytes;
    private final MemorySegment keys;
    private final MemorySegment values;
    private final MemorySegment keyScales;
    private final MemorySegment valueScales;
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
        blocks = type == KvType.Q8_0 ? Math.ceilDiv(headDim, KvType.BLOCK) : 0;
        elementBytes = elementBytes(type);
        long positions = (long) kvHeads * tiles * TILE;
        try {
            keys = PageMemory.allocate(arena, positions * headDim * elementBytes);
            values = PageMemory.allocate(arena, positions * valueWidth * elementBytes);
            keyScales = PageMemory.allocate(arena, positions * blocks * Float.BYTES);
            valueScales = PageMemory.allocate(arena, positions * blocks * Float.BYTES);
        } catch (OutOfMemoryError e) {
            arena.close();
            throw new SluiceException(
                    "no memory for a KV cache of " + capacity + " tokens: choose a smaller context, F16 or Q8_0", e);
        }
    }

    private static int elementBytes(KvType type) {
        return switch (type) {
            case F32 -> 4;
            case F16 -> 2;
            case Q8_0 -> 1;
        };
    }

    /** Elements that a position's values of one head take. */
    static int paddedWidth(int headDim) {
        return Math.ceilDiv(headDim, TILE) * TILE;
    }

    /** Stores the keys and values of one head at one position. */
    void put(int head, int position, float[] k, int kAt, float[] v, int vAt) {
        long key = keyAt(head, position / TILE) + (long) position % TILE * elementBytes;
        long value = valueAt(head, position);
        if (type == KvType.Q8_0) {
            for (int b = 0; b < blocks; b++) {
                int from = b * KvType.BLOCK;
                int to = Math.min(headDim, from + KvType.BLOCK);
                long scale = scaleAt(head, b, position);
                keyScales.set(ValueLayout.JAVA_FLOAT, scale, quantise(k, kAt, from, to, keys, key, TILE));
                valueScales.set(ValueLayout.JAVA_FLOAT, scale, quantise(v, vAt, from, to, values, value, 1));
            }
            return;
        }
        store(k, kAt, keys, key, TILE);
        store(v, vAt, values, value, 1);
    }

    private void store(float[] x, int xAt, MemorySegment to, long at, int step) {
        long stride = (long) step * elementBytes;
        if (type == KvType.F32) {
            for (int d = 0; d < headDim; d++) {
                to.set(ValueLayout.JAVA_FLOAT, at + d * stride, x[xAt + d]);
            }
        } else {
            for (int d = 0; d < headDim; d++) {
                to.set(ValueLayout.JAVA_SHORT, at + d * stride, Float.floatToFloat16(x[xAt + d]));
            }
        }
    }

    /** Stores a block of bytes and gives their scale. A number that is none makes a scale that is none. */
    private static float quantise(float[] x, int xAt, int from, int to, MemorySegment q, long at, int step) {
        float most = 0;
        for (int d = from; d < to; d++) {
            most = Math.max(most, Math.abs(x[xAt + d]));
        }
        float scale = most / 127;
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int d = from; d < to; d++) {
            // Not beyond 127 even where the inverse was rounded up or overflowed.
            int quant = Math.clamp((int) Math.rint(x[xAt + d] * inverse), -127, 127);
            q.set(ValueLayout.JAVA_BYTE, at + (long) d * step, (byte) quant);
        }
        return scale;
    }

    @Override
    public float key(int head, int position, int d) {
        long at = keyAt(head, position / TILE) + ((long) TILE * d + position % TILE) * elementBytes;
        return load(keys, at, keyScales, head, position, d);
    }

    @Override
    public float value(int head, int position, int d) {
        return load(values, valueAt(head, position) + (long) d * elementBytes, valueScales, head, position, d);
    }

    private float load(MemorySegment from, long at, MemorySegment scales, int head, int position, int d) {
        return switch (type) {
            case F32 -> from.get(ValueLayout.JAVA_FLOAT, at);
            case F16 -> Float.float16ToFloat(from.get(ValueLayout.JAVA_SHORT, at));
            case Q8_0 ->
                from.get(ValueLayout.JAVA_BYTE, at)
                        * scales.get(ValueLayout.JAVA_FLOAT, scaleAt(head, d / KvType.BLOCK, position));
        };
    }

    /** Byte offset of a key tile. */
    long keyAt(int head, int tile) {
        return ((long) head * tiles + tile) * keyTileBytes();
    }

    /** Bytes of a key tile. */
    long keyTileBytes() {
        return (long) TILE * headDim * elementBytes;
    }

    /** Byte offset of a position's values. */
    long valueAt(int head, int position) {
        return ((long) head * tiles * TILE + position) * valueBytes();
    }

    /** Bytes of a position's values of one head. */
    long valueBytes() {
        return (long) valueWidth * elementBytes;
    }

    /** Byte offset of a scale, of keys or of values; positions follow one another. */
    long scaleAt(int head, int block, int position) {
        return (((long) head * blocks + block) * tiles * TILE + position) * Float.BYTES;
    }

    MemorySegment keys() {
        return keys;
    }

    MemorySegment values() {
        return values;
    }

    /** Scales of keys; empty but for {@link KvType#Q8_0}. */
    MemorySegment keyScales() {
        return keyScales;
    }

    /** Scales of values; empty but for {@link KvType#Q8_0}. */
    MemorySegment valueScales() {
        return valueScales;
    }

    /** Bytes of one stored number. */
    int elementBytes() {
        return elementBytes;
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

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public long bytes() {
        return keys.byteSize() + values.byteSize() + keyScales.byteSize() + valueScales.byteSize();
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
