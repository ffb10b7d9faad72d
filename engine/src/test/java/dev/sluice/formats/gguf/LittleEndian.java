package dev.sluice.formats.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Bytes as a GGUF file has them, built number by number. */
final class LittleEndian {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    LittleEndian i8(int value) {
        out.write(value);
        return this;
    }

    LittleEndian i16(int value) {
        return i8(value).i8(value >> 8);
    }

    LittleEndian i32(int value) {
        return i16(value).i16(value >> 16);
    }

    LittleEndian i64(long value) {
        return bytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array());
    }

    LittleEndian f32(float value) {
        return i32(Float.floatToRawIntBits(value));
    }

    LittleEndian f64(double value) {
        return i64(Double.doubleToRawLongBits(value));
    }

    LittleEndian bytes(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    /** Length and UTF-8 bytes. */
    LittleEndian text(String text) {
        return text(text.getBytes(StandardCharsets.UTF_8));
    }

    LittleEndian text(byte[] text) {
        return i64(text.length).bytes(text);
    }

    LittleEndian padTo(int alignment) {
        while (out.size() % alignment != 0) {
            out.write(0);
        }
        return this;
    }

    int size() {
        return out.size();
    }

    byte[] toBytes() {
        return out.toByteArray();
    }
}
