package dev.sluice.opencl;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;

/** Reads values through one of OpenCL's {@code clGet…Info} functions, which are all alike. */
final class Info {
    private final String call;
    private final Getter getter;

    /** A {@code clGet…Info} function with its object bound. */
    @FunctionalInterface
    interface Getter {
        int get(int parameter, long size, MemorySegment value, MemorySegment sizeReturned);
    }

    Info(String call, Getter getter) {
        this.call = call;
        this.getter = getter;
    }

    /** The value of any size as bytes. */
    byte[] bytes(int parameter) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment size = arena.allocate(ValueLayout.JAVA_LONG);
            Status.check(getter.get(parameter, 0, MemorySegment.NULL, size), call);
            long bytes = size.get(ValueLayout.JAVA_LONG, 0);
            if (bytes == 0) {
                return new byte[0];
            }
            MemorySegment value = arena.allocate(bytes, Long.BYTES);
            Status.check(getter.get(parameter, bytes, value, MemorySegment.NULL), call);
            return value.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** A C string, without its end mark and surrounding blanks. */
    String string(int parameter) {
        byte[] bytes = bytes(parameter);
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8).strip();
    }

    /** A cl_uint, cl_int or cl_bool. */
    int int32(int parameter) {
        return (int) number(parameter, Integer.BYTES);
    }

    boolean bool(int parameter) {
        return int32(parameter) != 0;
    }

    /** A cl_ulong, cl_bitfield or size_t (64 bits on the platforms that the FFM API knows). */
    long int64(int parameter) {
        return number(parameter, Long.BYTES);
    }

    /** Several size_t or cl_ulong. */
    long[] int64s(int parameter) {
        return MemorySegment.ofArray(bytes(parameter)).toArray(ValueLayout.JAVA_LONG_UNALIGNED);
    }

    /** A 64-bit value that an implementation may not know, although its version or extensions say so. */
    OptionalLong optionalInt64(int parameter) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(ValueLayout.JAVA_LONG);
            return getter.get(parameter, Long.BYTES, value, MemorySegment.NULL) == 0
                    ? OptionalLong.of(value.get(ValueLayout.JAVA_LONG, 0))
                    : OptionalLong.empty();
        }
    }

    private long number(int parameter, int size) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(ValueLayout.JAVA_LONG);
            Status.check(getter.get(parameter, size, value, MemorySegment.NULL), call);
            return size == Integer.BYTES
                    ? Integer.toUnsignedLong(value.get(ValueLayout.JAVA_INT, 0))
                    : value.get(ValueLayout.JAVA_LONG, 0);
        }
    }
}
