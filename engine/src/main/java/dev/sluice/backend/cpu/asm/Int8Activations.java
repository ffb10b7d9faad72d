package dev.sluice.backend.cpu.asm;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * A [tokens, columns] value rounded to bytes, in memory as {@link Int8Layout} has it. Workers may convert different tokens
 * at once; products read it when all are done.
 */
public final class Int8Activations {
    /** Columns that share a scale. */
    public static final int BLOCK = TileFormat.COLUMNS;

    private final int columns;
    private final int most;
    private long address;
    private int tokens;
    private int size;

    /**
     * An empty value.
     *
     * @param columns a multiple of 32
     * @param isa whose products are to read it
     */
    public Int8Activations(int columns, Isa isa) {
        this.columns = columns;
        most = isa.tokens();
    }

    public int columns() {
        return columns;
    }

    /** Bytes that a number of tokens takes. */
    public long bytes(int count) {
        return Int8Layout.bytes(columns, count);
    }

    /**
     * Says where the value is, and of how many tokens.
     *
     * @throws IndexOutOfBoundsException if the memory is too small
     */
    public void bind(MemorySegment memory, long offset, int count) {
        Objects.checkFromIndexSize(offset, bytes(count), memory.byteSize());
        address = memory.address() + offset;
        tokens = count;
        size = count == 0 ? 1 : Math.ceilDiv(count, Math.ceilDiv(count, most));
    }

    /**
     * Rounds some columns of one token's row.
     *
     * @param source the floats, on the heap or not
     * @param byteOffset where the row begins
     * @param firstColumn a multiple of {@link #BLOCK}, as is {@code lastColumn}, the end
     */
    void convert(
            Int8Kernels kernels,
            Arguments arguments,
            MemorySegment source,
            long byteOffset,
            int token,
            int firstColumn,
            int lastColumn) {
        int firstBlock = firstColumn / BLOCK;
        int blocks = (lastColumn - firstColumn) / BLOCK;
        if (blocks == 0) {
            return;
        }
        int group = token / size;
        int place = token % size;
        int members = Math.min(size, tokens - group * size);
        long record = group(group) + (long) firstBlock * members * Int8Layout.TOKEN_BYTES;
        long from = byteOffset + (long) Float.BYTES * firstColumn;
        arguments.set(Arguments.SOURCE, source.isNative() ? source.address() + from : from);
        arguments.set(Arguments.BLOCKS, blocks);
        arguments.set(Arguments.QUANTS, record + Int8Layout.quants(place));
        arguments.set(Arguments.FIELDS, record + Int8Layout.field(members, Int8Layout.SCALE, place));
        arguments.set(Arguments.BLOCK_BYTES, (long) members * Int8Layout.TOKEN_BYTES);
        arguments.set(Arguments.FIELD_BYTES, 4L * members);
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
        return address + group * bytes(size);
    }
}
