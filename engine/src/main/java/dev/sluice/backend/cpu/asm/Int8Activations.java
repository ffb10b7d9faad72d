package dev.sluice.backend.cpu.asm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * A [tokens, columns] value rounded to bytes, in memory as {@link Int8Layout} has it. Workers may convert different groups
 * of tokens at once; products read it when all are done. A token's numbers do not depend on the tokens beside it.
 */
public final class Int8Activations {
    /** Blocks whose scale is above this many times the token's mean scale have residuals. */
    private static final float LARGE = 1;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final int columns;
    private final int blocks;
    private final int most;
    private MemorySegment memory = MemorySegment.NULL;
    private long start;
    private int tokens;
    private int size = 1;

    /**
     * An empty value.
     *
     * @param columns a multiple of 32
     * @param isa whose products are to read it
     */
    public Int8Activations(int columns, Isa isa) {
        this.columns = columns;
        blocks = columns / TileFormat.COLUMNS;
        most = isa.tokens();
    }

    public int columns() {
        return columns;
    }

    /** Bytes that a number of tokens takes. */
    public long bytes(int count) {
        return 2 * Int8Layout.records(columns, count) + Math.ceilDiv(count, most) * Int8Layout.list(columns);
    }

    /**
     * Says where the value is, and of how many tokens.
     *
     * @throws IndexOutOfBoundsException if the memory is too small
     */
    public void bind(MemorySegment room, long offset, int count) {
        Objects.checkFromIndexSize(offset, bytes(count), room.byteSize());
        memory = room;
        start = offset;
        tokens = count;
        size = count == 0 ? 1 : Math.ceilDiv(count, Math.ceilDiv(count, most));
    }

    /** Groups of tokens, the grain in which workers share the conversion. */
    public int groups() {
        return Math.ceilDiv(tokens, size);
    }

    void convert(Int8Kernels kernels, Arguments arguments, MemorySegment source, long offset, long stride, int group) {
        MemorySegment heap = source.isNative() ? MemorySegment.NULL : source;
        long from = (source.isNative() ? source.address() : 0) + offset + (long) group * size * stride;
        int members = Math.min(size, tokens - group * size);
        long record = (long) members * Int8Layout.TOKEN_BYTES;
        long address = group(group);
        arguments.set(Arguments.BLOCKS, blocks);
        arguments.set(Arguments.BLOCK_BYTES, record);
        arguments.set(Arguments.FIELD_BYTES, (long) Float.BYTES * members);
        for (int t = 0; t < members; t++) {
            arguments.set(Arguments.SOURCE, from + t * stride);
            arguments.set(Arguments.QUANTS, address + Int8Layout.quants(t));
            arguments.set(Arguments.FIELDS, address + Int8Layout.field(members, Int8Layout.SCALE, t));
            kernels.convert(arguments, heap);
            arguments.limit(t, limit(address, record, members, t));
        }
        long list = address + blocks * record;
        long residuals = list + Int8Layout.list(columns);
        int count = 0;
        for (int b = 0; b < blocks; b++) {
            if (anyLarge(arguments, address, record, members, b)) {
                memory.set(ValueLayout.JAVA_INT, list - memory.address() + Long.BYTES + 4L * count, b);
                long to = residuals + count * record;
                arguments.set(Arguments.SOURCE, from + (long) b * TileFormat.COLUMNS * Float.BYTES);
                arguments.set(Arguments.SOURCE_STRIDE, stride);
                arguments.set(Arguments.TOKENS, members);
                arguments.set(Arguments.ROUNDED_QUANTS, address + b * record);
                arguments.set(
                        Arguments.ROUNDED_SCALES,
                        address + b * record + Int8Layout.field(members, Int8Layout.SCALE, 0));
                arguments.set(Arguments.QUANTS, to);
                arguments.set(Arguments.FIELDS, to + Int8Layout.field(members, Int8Layout.SCALE, 0));
                kernels.convertResiduals(arguments, heap);
                count++;
            }
        }
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, list - memory.address(), count);
    }

    private float scale(long address, long record, int members, int block, int token) {
        long at = address - memory.address() + block * record;
        return memory.get(FLOAT, at + Int8Layout.field(members, Int8Layout.SCALE, token));
    }

    private float limit(long address, long record, int members, int token) {
        float sum = 0;
        for (int b = 0; b < blocks; b++) {
            sum += scale(address, record, members, b, token);
        }
        return sum * (LARGE / blocks);
    }

    /** Notes which tokens want a residual of a block, and says whether there is one. */
    private boolean anyLarge(Arguments arguments, long address, long record, int members, int block) {
        boolean any = false;
        for (int t = 0; t < members; t++) {
            boolean large = scale(address, record, members, block, t) > arguments.limit(t);
            arguments.want(t, large);
            any |= large;
        }
        return any;
    }

    int tokens() {
        return tokens;
    }

    /** Tokens of each group but the last, which may have fewer. */
    int groupSize() {
        return size;
    }

    /** Address of a group's first record. */
    long group(int group) {
        return memory.address() + start + group * Int8Layout.group(columns, size);
    }
}
