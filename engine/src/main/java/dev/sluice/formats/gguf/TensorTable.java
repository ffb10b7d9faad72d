package dev.sluice.formats.gguf;

import dev.sluice.formats.Escape;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Shape;
import dev.sluice.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the tensor table of a GGUF file and cuts the tensors out of its data section. */
final class TensorTable {
    /** The least bytes of an entry: name length, rank, type, offset. */
    static final int MIN_BYTES = 24;

    private static final int LONGEST_NAME = 63;
    private static final int MOST_DIMENSIONS = 4;

    private record Entry(String name, DType type, Shape shape, long offset, long bytes) {
        String what() {
            return describe(name);
        }
    }

    private TensorTable() {}

    /** Reads {@code count} entries and checks them against each other and the bytes of the data section. */
    static List<Tensor> read(Cursor in, long count, int alignment) {
        List<Entry> entries = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (long i = 0; i < count; i++) {
            Entry entry = entry(in, i + 1, alignment);
            if (!names.add(entry.name)) {
                throw in.damaged(entry.what() + " occurs twice");
            }
            entries.add(entry);
        }
        long dataStart = (in.position() + alignment - 1) / alignment * alignment;
        checkExtents(in, entries, dataStart);
        List<Tensor> tensors = new ArrayList<>(entries.size());
        for (Entry e : entries) {
            tensors.add(new Tensor(e.name, e.type, e.shape, in.file().asSlice(dataStart + e.offset, e.bytes)));
        }
        return tensors;
    }

    private static Entry entry(Cursor in, long number, int alignment) {
        String name = in.name(LONGEST_NAME, "the name of tensor " + number);
        if (name.isEmpty()) {
            throw in.damaged("tensor " + number + " has an empty name");
        }
        String what = describe(name);
        Shape shape = shape(in, what);
        DType type = type(in, what);
        if (shape.cols() % type.blockSize() != 0) {
            throw in.damaged("%s has rows of %d elements, no multiple of the %s block of %d"
                    .formatted(what, shape.cols(), type, type.blockSize()));
        }
        long bytes;
        try {
            bytes = Math.multiplyExact(type.bytes(shape.cols()), shape.rows());
        } catch (ArithmeticException e) {
            throw overflow(in, what, e);
        }
        long offset = in.i64("the offset of " + what);
        if (offset < 0 || offset % alignment != 0) {
            throw in.damaged("%s has the offset %s, no multiple of the alignment %d"
                    .formatted(what, Long.toUnsignedString(offset), alignment));
        }
        return new Entry(name, type, shape, offset, bytes);
    }

    private static Shape shape(Cursor in, String what) {
        int rank = in.i32("the dimension count of " + what);
        if (rank < 0 || rank > MOST_DIMENSIONS) {
            throw in.damaged("%s has %s dimensions, more than %d"
                    .formatted(what, Integer.toUnsignedString(rank), MOST_DIMENSIONS));
        }
        if (rank == 0) {
            return Shape.of(1); // A scalar: the empty product.
        }
        long[] dims = new long[rank];
        for (int i = 0; i < rank; i++) {
            dims[i] = in.i64("the dimensions of " + what);
            if (dims[i] <= 0) {
                throw in.damaged("%s has the dimension %s".formatted(what, Long.toUnsignedString(dims[i])));
            }
        }
        try {
            return Shape.of(dims);
        } catch (ArithmeticException e) {
            throw overflow(in, what, e);
        }
    }

    private static RuntimeException overflow(Cursor in, String what, ArithmeticException cause) {
        RuntimeException error = in.damaged(what + " is so large that its size overflows 64 bits");
        error.initCause(cause);
        return error;
    }

    private static DType type(Cursor in, String what) {
        int id = in.i32("the type of " + what);
        return DType.byId(id).orElseThrow(() -> {
            String removed = removedName(id);
            return removed == null
                    ? in.damaged("%s has the unknown weight format %s".formatted(what, Integer.toUnsignedString(id)))
                    : in.damaged(
                            "%s has the weight format %s (%d), which GGUF has removed".formatted(what, removed, id));
        });
    }

    private static @Nullable String removedName(int id) {
        return switch (id) {
            case 4 -> "Q4_2";
            case 5 -> "Q4_3";
            case 31 -> "Q4_0_4_4";
            case 32 -> "Q4_0_4_8";
            case 33 -> "Q4_0_8_8";
            case 37 -> "IQ4_NL_4_8";
            case 38 -> "IQ4_NL_8_8";
            default -> null;
        };
    }

    /** Every tensor inside the file, no two of them on the same bytes. */
    private static void checkExtents(Cursor in, List<Entry> entries, long dataStart) {
        long available = Math.max(0, in.file().byteSize() - dataStart);
        List<Entry> byOffset = new ArrayList<>(entries);
        byOffset.sort(Comparator.comparingLong(Entry::offset));
        long end = 0;
        String before = "";
        for (Entry e : byOffset) {
            if (e.offset < end) {
                throw in.damaged("%s overlaps %s".formatted(e.what(), before));
            }
            // Written as a subtraction because offset + bytes may overflow.
            if (e.bytes > available - e.offset) {
                throw in.damaged(
                        "%s (%d bytes at offset %d) lies beyond the end of the %d bytes of tensor data: truncated"
                                .formatted(e.what(), e.bytes, e.offset, available));
            }
            end = e.offset + e.bytes;
            before = e.what();
        }
    }

    private static String describe(String name) {
        return "tensor " + Escape.quote(name);
    }
}
