package dev.sluice.backend.cpu.asm;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * A [tokens, columns] value rounded to bytes, in memory as {@link Int8Layout} has it. Workers may convert different groups
 * of tokens at once; products read it when all are done. A token's numbers do not depend on the tokens beside it.
 */
public final class Int8Activations {
    /** Blocks whose scale is above this many times the token's mean scale have residuals; docs/PRECISION.md says why. */
    private static final float LARGE = 2.5f;

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

    /** The most tokens that are one group. */
    public int mostOfGroup() {
        return most;
    }

    /** The first token of a group, or, of the number of groups, the number of tokens. */
    public int firstToken(int group) {
        return Math.min(tokens, group * size);
    }

    /** Groups of tokens, the grain in which workers share the conversion. */
    public int groups() {
        return Math.ceilDiv(tokens, size);
    }

    void convert(Int8Kernels kernels, Arguments arguments, MemorySegment source, long offset, long stride, int group) {
        long from = (source.isNative() ? source.address() : 0) + offset + (long) group * size * stride;
        int members = Math.min(size, tokens - group * size);
        long records = group(group);
        long list = records + Int8Layout.records(columns, members);
        arguments.set(Arguments.SOURCE, from);
        arguments.set(Arguments.SOURCE_STRIDE, stride);
        arguments.set(Arguments.TOKENS, members);
        arguments.set(Arguments.BLOCKS, blocks);
        arguments.set(Arguments.BLOCK_BYTES, (long) members * Int8Layout.TOKEN_BYTES);
        arguments.set(Arguments.FIELD_BYTES, (long) members * Float.BYTES);
        arguments.set(Arguments.RECORDS, records);
        arguments.set(Arguments.FIELDS, records + Int8Layout.field(members, Int8Layout.SCALE, 0));
        arguments.set(Arguments.LIST, list);
        arguments.set(Arguments.RESIDUALS, list + Int8Layout.list(columns));
        arguments.set(Arguments.LARGE, Float.floatToRawIntBits(LARGE / blocks));
        kernels.convert(arguments, source.isNative() ? MemorySegment.NULL : source);
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
