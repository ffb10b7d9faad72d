package dev.sluice.benches.synthetic;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes a GGUF file of version 3: metadata, the list of tensors, then their data, each at a multiple of 32 bytes. */
final class GgufWriter {
    private static final int MAGIC = 0x46554747; // "GGUF"
    private static final int VERSION = 3;
    private static final int ALIGNMENT = 32;
    private static final int UINT32 = 4;
    private static final int INT32 = 5;
    private static final int FLOAT32 = 6;
    private static final int BOOL = 7;
    private static final int STRING = 8;
    private static final int ARRAY = 9;

    /** Fills a buffer with the next bytes of a tensor, up to the buffer's limit. */
    @FunctionalInterface
    interface Filler {
        /** The buffer's size is a multiple of the tensor's block unless it is the last. */
        void fill(ByteBuffer data);
    }

    private record Data(long bytes, int blockBytes, Filler filler) {}

    private final Bytes metadata = new Bytes();
    private final Bytes infos = new Bytes();
    private final List<Data> tensors = new ArrayList<>();
    private long keys;
    private long offset;

    void integer(String key, int value) {
        key(key, UINT32);
        metadata.i32(value);
    }

    void real(String key, float value) {
        key(key, FLOAT32);
        metadata.i32(Float.floatToRawIntBits(value));
    }

    void bool(String key, boolean value) {
        key(key, BOOL);
        metadata.write(value ? 1 : 0);
    }

    void string(String key, String value) {
        key(key, STRING);
        metadata.string(value);
    }

    void strings(String key, List<String> values) {
        array(key, STRING, values.size());
        values.forEach(metadata::string);
    }

    void integers(String key, List<Integer> values) {
        array(key, INT32, values.size());
        values.forEach(metadata::i32);
    }

    void reals(String key, List<Float> values) {
        array(key, FLOAT32, values.size());
        values.forEach(value -> metadata.i32(Float.floatToRawIntBits(value)));
    }

    /** Announces a tensor; dimension 0 is the contiguous one. */
    void tensor(String name, int typeId, long[] dimensions, long bytes, int blockBytes, Filler filler) {
        infos.string(name);
        infos.i32(dimensions.length);
        for (long dimension : dimensions) {
            infos.i64(dimension);
        }
        infos.i32(typeId);
        infos.i64(offset);
        tensors.add(new Data(bytes, blockBytes, filler));
        offset += bytes + padding(bytes);
    }

    void write(WritableByteChannel to) throws IOException {
        Bytes head = new Bytes();
        head.i32(MAGIC);
        head.i32(VERSION);
        head.i64(tensors.size());
        head.i64(keys);
        head.writeBytes(metadata.toByteArray());
        head.writeBytes(infos.toByteArray());
        head.writeBytes(new byte[padding(head.size())]);
        writeAll(to, ByteBuffer.wrap(head.toByteArray()));
        ByteBuffer chunk = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
        for (Data tensor : tensors) {
            int whole = chunk.capacity() / tensor.blockBytes * tensor.blockBytes;
            for (long left = tensor.bytes; left > 0; ) {
                chunk.clear().limit((int) Math.min(left, whole));
                left -= chunk.limit();
                tensor.filler.fill(chunk);
                writeAll(to, chunk.rewind());
            }
            writeAll(to, ByteBuffer.allocate(padding(tensor.bytes)));
        }
    }

    private static void writeAll(WritableByteChannel to, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            to.write(bytes);
        }
    }

    private static int padding(long size) {
        return (int) (-size & (ALIGNMENT - 1));
    }

    private void key(String key, int type) {
        keys++;
        metadata.string(key);
        metadata.i32(type);
    }

    private void array(String key, int type, int length) {
        key(key, ARRAY);
        metadata.i32(type);
        metadata.i64(length);
    }

    /** Little-endian numbers and counted strings. */
    private static final class Bytes extends ByteArrayOutputStream {
        void i32(int value) {
            for (int shift = 0; shift < 32; shift += 8) {
                write(value >>> shift);
            }
        }

        void i64(long value) {
            i32((int) value);
            i32((int) (value >>> 32));
        }

        void string(String value) {
            byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
            i64(utf8.length);
            writeBytes(utf8);
        }
    }
}
