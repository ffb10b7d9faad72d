package dev.sluice.backend.cpu.asm;

import java.util.Arrays;

/** A growing array of bytes. */
final class CodeBuffer {
    private byte[] bytes = new byte[4096];
    private int size;

    int size() {
        return size;
    }

    CodeBuffer put(int... values) {
        for (int value : values) {
            if (size == bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * size);
            }
            bytes[size++] = (byte) value;
        }
        return this;
    }

    CodeBuffer putInt(int value) {
        return put(value, value >> 8, value >> 16, value >> 24);
    }

    void setInt(int at, int value) {
        for (int i = 0; i < 4; i++) {
            bytes[at + i] = (byte) (value >> (8 * i));
        }
    }

    byte[] toArray() {
        return Arrays.copyOf(bytes, size);
    }
}
