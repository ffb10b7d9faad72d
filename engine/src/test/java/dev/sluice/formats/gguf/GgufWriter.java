package dev.sluice.formats.gguf;

import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builds small GGUF files for tests; the {@code raw} and {@code claim} methods write broken ones on purpose. */
public final class GgufWriter {
    /** A tensor without data lies at an offset of the caller's choice. */
    private static final class Entry {
        final byte[] name;
        final long[] dims;
        final int type;
        final long offset;
        final byte @Nullable [] data;

        Entry(byte[] name, long[] dims, int type, long offset, byte @Nullable [] data) {
            this.name = name;
            this.dims = dims;
            this.type = type;
            this.offset = offset;
            this.data = data;
        }
    }

    private final LittleEndian keys = new LittleEndian();
    private final List<Entry> tensors = new ArrayList<>();
    private int keyCount;
    private int version = 3;
    private int alignment = 32;
    private @Nullable Long claimedKeys;
    private @Nullable Long claimedTensors;

    public GgufWriter version(int number) {
        version = number;
        return this;
    }

    /** Aligns the tensor data so and writes the key. */
    public GgufWriter alignment(int bytes) {
        alignment = bytes;
        return u32("general.alignment", bytes);
    }

    public GgufWriter string(String key, String value) {
        return raw(key, ValueType.STRING, new LittleEndian().text(value));
    }

    public GgufWriter u16(String key, int value) {
        return raw(key, ValueType.UINT16, new LittleEndian().i16(value));
    }

    public GgufWriter u32(String key, long value) {
        return raw(key, ValueType.UINT32, new LittleEndian().i32((int) value));
    }

    public GgufWriter i32(String key, int value) {
        return raw(key, ValueType.INT32, new LittleEndian().i32(value));
    }

    public GgufWriter u64(String key, long value) {
        return raw(key, ValueType.UINT64, new LittleEndian().i64(value));
    }

    public GgufWriter f32(String key, float value) {
        return raw(key, ValueType.FLOAT32, new LittleEndian().f32(value));
    }

    public GgufWriter f64(String key, double value) {
        return raw(key, ValueType.FLOAT64, new LittleEndian().f64(value));
    }

    public GgufWriter bool(String key, boolean value) {
        return raw(key, ValueType.BOOL, new LittleEndian().i8(value ? 1 : 0));
    }

    public GgufWriter strings(String key, String... values) {
        LittleEndian array = array(ValueType.STRING, values.length);
        for (String value : values) {
            array.text(value);
        }
        return raw(key, ValueType.ARRAY, array);
    }

    public GgufWriter i32s(String key, int... values) {
        LittleEndian array = array(ValueType.INT32, values.length);
        for (int value : values) {
            array.i32(value);
        }
        return raw(key, ValueType.ARRAY, array);
    }

    public GgufWriter f32s(String key, float... values) {
        LittleEndian array = array(ValueType.FLOAT32, values.length);
        for (float value : values) {
            array.f32(value);
        }
        return raw(key, ValueType.ARRAY, array);
    }

    public GgufWriter bools(String key, boolean... values) {
        LittleEndian array = array(ValueType.BOOL, values.length);
        for (boolean value : values) {
            array.i8(value ? 1 : 0);
        }
        return raw(key, ValueType.ARRAY, array);
    }

    /** A copy of a tensor under its own name. */
    public GgufWriter tensor(Tensor tensor) {
        long[] dims = new long[tensor.shape().rank()];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = tensor.shape().dim(i);
        }
        return tensor(tensor.name(), tensor.type(), tensor.data().toArray(ValueLayout.JAVA_BYTE), dims);
    }

    /** A tensor of the given bytes; nothing checks that they suit the shape. */
    public GgufWriter tensor(String name, DType type, byte[] data, long... dims) {
        return tensor(name.getBytes(StandardCharsets.UTF_8), type.id(), data, dims);
    }

    GgufWriter tensor(byte[] name, int type, byte[] data, long... dims) {
        tensors.add(new Entry(name, dims, type, 0, data));
        return this;
    }

    /** A table entry whose data, if any, somebody else writes. */
    GgufWriter rawTensor(String name, int type, long offset, long... dims) {
        tensors.add(new Entry(name.getBytes(StandardCharsets.UTF_8), dims, type, offset, null));
        return this;
    }

    GgufWriter raw(String key, ValueType type, LittleEndian value) {
        return raw(key.getBytes(StandardCharsets.UTF_8), type.id, value);
    }

    GgufWriter raw(byte[] key, int type, LittleEndian value) {
        keys.text(key).i32(type).bytes(value.toBytes());
        keyCount++;
        return this;
    }

    GgufWriter claimKeys(long count) {
        claimedKeys = count;
        return this;
    }

    GgufWriter claimTensors(long count) {
        claimedTensors = count;
        return this;
    }

    /** The head of an array value. */
    static LittleEndian array(ValueType type, long length) {
        return new LittleEndian().i32(type.id).i64(length);
    }

    /** The file's bytes. */
    public byte[] bytes() {
        LittleEndian out = new LittleEndian()
                .bytes("GGUF".getBytes(StandardCharsets.US_ASCII))
                .i32(version)
                .i64(claimedTensors == null ? tensors.size() : claimedTensors)
                .i64(claimedKeys == null ? keyCount : claimedKeys)
                .bytes(keys.toBytes());
        LittleEndian data = new LittleEndian();
        for (Entry entry : tensors) {
            long offset = entry.offset;
            if (entry.data != null) {
                offset = data.padTo(alignment).size();
                data.bytes(entry.data);
            }
            out.text(entry.name).i32(entry.dims.length);
            for (long dim : entry.dims) {
                out.i64(dim);
            }
            out.i32(entry.type).i64(offset);
        }
        return out.padTo(alignment).bytes(data.toBytes()).toBytes();
    }

    /** Writes the file and returns its path. */
    public Path write(Path path) {
        try {
            return Files.write(path, bytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
