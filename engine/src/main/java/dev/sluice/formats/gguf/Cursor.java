package dev.sluice.formats.gguf;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.Escape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads a mapped file from front to back; every step is checked against the bytes that are left. */
final class Cursor {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment file;
    private final String source;
    private long position;
    private byte[] scratch = new byte[256];

    Cursor(MemorySegment file, String source, long position) {
        this.file = file;
        this.source = source;
        this.position = position;
    }

    long position() {
        return position;
    }

    String source() {
        return source;
    }

    MemorySegment file() {
        return file;
    }

    byte i8(String what) {
        return file.get(ValueLayout.JAVA_BYTE, take(1, what));
    }

    short i16(String what) {
        return file.get(SHORT, take(2, what));
    }

    int i32(String what) {
        return file.get(INT, take(4, what));
    }

    long i64(String what) {
        return file.get(LONG, take(8, what));
    }

    boolean bool(String what) {
        byte value = i8(what);
        if (value != 0 && value != 1) {
            throw damaged(what + " is a boolean but has the value " + value);
        }
        return value == 1;
    }

    /** A {@code Long}, or a {@code BigInteger} where a signed 64-bit integer is too small. */
    Object u64(String what) {
        long value = i64(what);
        return value >= 0 ? (Object) value : new BigInteger(Long.toUnsignedString(value));
    }

    /**
     * A count of things that follow, each of which takes at least {@code minBytes}; so a count that the rest of the
     * file cannot hold fails here, before anything is allocated for it.
     */
    long count(int minBytes, String what) {
        long count = i64(what);
        if (count < 0 || count > remaining() / minBytes) {
            throw damaged("%s is %s, more than the %d bytes that follow can hold"
                    .formatted(what, Long.toUnsignedString(count), remaining()));
        }
        return count;
    }

    /** Text of at most {@code limit} bytes; bytes that are no UTF-8 become U+FFFD. */
    String text(int limit, String what) {
        int length = textBytes(limit, what);
        return new String(scratch, 0, length, StandardCharsets.UTF_8);
    }

    /** Text of at most {@code limit} bytes that must be UTF-8: names have to be what they seem. */
    String name(int limit, String what) {
        int length = textBytes(limit, what);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(scratch, 0, length))
                    .toString();
        } catch (CharacterCodingException e) {
            String shown = Escape.quote(new String(scratch, 0, length, StandardCharsets.UTF_8));
            throw new SluiceException(message(what + " " + shown + " is not valid UTF-8"), e);
        }
    }

    private int textBytes(int limit, String what) {
        long length = count(1, "the length of " + what);
        if (length > limit) {
            throw damaged("%s has %d bytes, more than the %d allowed".formatted(what, length, limit));
        }
        if (length > scratch.length) {
            scratch = new byte[Math.toIntExact(length)];
        }
        MemorySegment.copy(file, ValueLayout.JAVA_BYTE, position, scratch, 0, (int) length);
        position += length;
        return (int) length;
    }

    void skipText(String what) {
        long length = count(1, "a text length of " + what);
        position += length;
    }

    void skip(long bytes, String what) {
        take(bytes, what);
    }

    long remaining() {
        return file.byteSize() - position;
    }

    private long take(long bytes, String what) {
        if (bytes > remaining()) {
            throw new SluiceException(
                    "%s: the file ends inside %s (at byte %d of %d); the download is probably incomplete"
                            .formatted(source, what, position, file.byteSize()));
        }
        long at = position;
        position += bytes;
        return at;
    }

    SluiceException damaged(String fault) {
        return new SluiceException(message(fault));
    }

    private String message(String fault) {
        return source + ": " + fault + "; the file is damaged or was written wrongly, download or convert it again";
    }
}
