package dev.sluice.backend.cpu.asm;

import dev.sluice.system.MachineCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One worker's products {@code y = start + W x} of row tiles with activations in bytes. Say where y and start are, then
 * multiply: nothing is allocated and nothing checked; who binds the values checks their sizes.
 */
public final class Int8Product {
    /** Activations of this size stay in the second-level cache while the tiles of a matrix pass. */
    private static final long CHUNK_BYTES = 384 << 10;

    private static final int TILE_ROWS = 16;
    private static final long TILE_FLOATS = TILE_ROWS * Float.BYTES;

    private final Int8Kernels kernels;
    private final Arguments arguments;
    private MemorySegment out = MemorySegment.NULL;
    private MemorySegment start = MemorySegment.NULL;
    private long outAt;
    private long outStride;
    private long startAt;
    private long startStride;
    private long startTile;

    /** The products of one worker; its argument block lives as long as the arena. */
    public Int8Product(Int8Kernels kernels, Arena arena) {
        this.kernels = kernels;
        arguments = new Arguments(arena);
    }

    /**
     * Says where products go: rows of floats, a matrix's row 0 first, and that they start at zero.
     *
     * @param memory a heap array, or native memory
     * @param offset bytes to the first token's product with row 0
     * @param stride bytes from a token to the next
     */
    public void into(MemorySegment memory, long offset, long stride) {
        out = memory.isNative() ? MemorySegment.NULL : memory;
        outAt = memory.isNative() ? memory.address() + offset : offset;
        outStride = stride;
        start = MemorySegment.NULL;
        startAt = arguments.zeros();
        startStride = 0;
        startTile = 0;
    }

    /**
     * Says what products are added to; after {@link #into}.
     *
     * @param memory a heap array, or native memory; where products go already, to add to what is there
     * @param offset bytes to the first token's number for row 0
     * @param stride bytes from a token to the next, 0 if all share one row
     */
    public void addingTo(MemorySegment memory, long offset, long stride) {
        start = memory.isNative() ? MemorySegment.NULL : memory;
        startAt = memory.isNative() ? memory.address() + offset : offset;
        startStride = stride;
        startTile = TILE_FLOATS;
    }

    /**
     * Rounds a group of tokens to bytes.
     *
     * @param source rows of floats, on the heap or not
     * @param offset bytes to the first token's first
     * @param stride bytes from a token to the next
     * @param group one of {@link Int8Activations#groups}
     */
    public void convert(MemorySegment source, long offset, long stride, Int8Activations x, int group) {
        x.convert(kernels, arguments, source, offset, stride, group);
    }

    /**
     * Computes the rows of some tiles for all tokens.
     *
     * @param format of the weights, which the kernels were prepared for
     * @param weights the whole matrix in row tiles
     * @param rows rows of the matrix
     * @param firstTile first of the tiles to compute
     * @param lastTile end of them, exclusive
     */
    public void multiply(
            TileFormat format, MemorySegment weights, int rows, int firstTile, int lastTile, Int8Activations x) {
        if (firstTile >= lastTile || x.tokens() == 0) {
            return;
        }
        int units = x.columns() / format.unitColumns();
        long tileBytes = (long) units * format.unitBytes();
        int size = x.groupSize();
        int whole = x.tokens() / size;
        int rest = x.tokens() % size;
        int chunk = (int) Math.max(1, CHUNK_BYTES / Int8Layout.records(x.columns(), size));
        // Only where all groups of tokens pass in one call does a call take more than a tile: each tile is read once.
        int tiles = whole == 1 && rest == 0 ? lastTile - firstTile : 1;
        arguments.set(Arguments.UNITS, units);
        arguments.set(Arguments.TILES, tiles);
        arguments.set(Arguments.GROUP_BYTES, Int8Layout.group(x.columns(), size));
        arguments.set(Arguments.LIST_BYTES, Int8Layout.list(x.columns()));
        arguments.set(Arguments.TILE_BYTES, tileBytes);
        arguments.set(Arguments.OUT_TOKEN, outStride);
        arguments.set(Arguments.OUT_GROUP, size * outStride);
        arguments.set(Arguments.START_TOKEN, startStride);
        arguments.set(Arguments.START_GROUP, size * startStride);
        arguments.set(Arguments.START_TILE, startTile);
        for (int group = 0; group < whole; group += chunk) {
            int groups = Math.min(chunk, whole - group);
            boolean last = group + groups == whole;
            for (int tile = firstTile; tile < lastTile; tile += tiles) {
                arguments.set(Arguments.WEIGHTS, weights.address() + tile * tileBytes);
                arguments.lastRows(Math.min(TILE_ROWS, rows - (tile + tiles - 1) * TILE_ROWS));
                call(kernels.product(format, size), x, size, tile, group, groups);
                if (last && rest > 0) {
                    call(kernels.product(format, rest), x, rest, tile, whole, 1);
                }
            }
        }
    }

    private void call(MemorySegment product, Int8Activations x, int members, int tile, int group, int groups) {
        long token = (long) group * x.groupSize();
        arguments.set(Arguments.ACTIVATIONS, x.group(group));
        arguments.set(Arguments.LIST, Int8Layout.records(x.columns(), members));
        arguments.set(Arguments.GROUPS, groups);
        arguments.set(Arguments.OUT, outAt + token * outStride + tile * TILE_FLOATS);
        arguments.set(Arguments.START, startAt + token * startStride + tile * startTile);
        MachineCode.call(product, arguments.address(), out, start, MemorySegment.NULL);
    }
}
