package dev.sluice.formats.gguf;

import dev.sluice.formats.Escape;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads the key-value section of a GGUF file. */
final class GgufMetadata {
    /** No chat template or word comes near; a length beyond it is a damaged one. */
    static final int LONGEST_TEXT = 64 << 20;

    /** Key names are limited to 2^16 - 1 bytes by the GGUF specification. */
    private static final int LONGEST_KEY = 65_535;

    /** Arrays of arrays have no use today that is known; a few levels are read, the call stack is never at risk. */
    private static final int DEEPEST_ARRAY = 4;

    /** The least bytes of an entry: key length, one byte of key, type, one byte of value. */
    static final int MIN_BYTES = 14;

    private static final String ALIGNMENT = "general.alignment";
    private static final int DEFAULT_ALIGNMENT = 32;

    private GgufMetadata() {}

    /** Reads {@code count} entries; leaves the cursor behind the last. */
    static Map<String, Object> read(Cursor in, long count) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (long i = 0; i < count; i++) {
            String key = in.name(LONGEST_KEY, "the name of metadata key " + (i + 1));
            if (key.isEmpty()) {
                throw in.damaged("metadata key " + (i + 1) + " of " + count + " has an empty name");
            }
            String what = "metadata key " + Escape.quote(key);
            ValueType type = valueType(in, what);
            if (key.equals(ALIGNMENT) && type != ValueType.UINT32) {
                throw in.damaged(what + " must be an unsigned 32-bit integer, not one of " + type.plural);
            }
            if (values.put(key, value(in, type, what)) != null) {
                throw in.damaged(what + " occurs twice");
            }
        }
        return values;
    }

    /** The alignment of tensor data: a power of two and, by the specification, a multiple of 8. */
    static int alignment(Cursor in, Map<String, Object> values) {
        if (!(values.get(ALIGNMENT) instanceof Long alignment)) {
            return DEFAULT_ALIGNMENT;
        }
        if (alignment < 8 || alignment > 1 << 30 || Long.bitCount(alignment) != 1) {
            throw in.damaged(ALIGNMENT + " is " + alignment + " but must be a power of two of at least 8");
        }
        return alignment.intValue();
    }

    static ValueType valueType(Cursor in, String what) {
        int id = in.i32("the type of " + what);
        ValueType type = ValueType.byId(id);
        if (type == null) {
            throw in.damaged(what + " has the unknown value type " + Integer.toUnsignedString(id));
        }
        return type;
    }

    /** The length of an array of that element type. */
    static int length(Cursor in, ValueType type, String what) {
        long length = in.count(type.minBytes, "the array length of " + what);
        if (length > Integer.MAX_VALUE - 8) {
            throw in.damaged(what + " is an array of " + length + " elements, more than can be held");
        }
        return (int) length;
    }

    private static Object value(Cursor in, ValueType type, String what) {
        return switch (type) {
            case UINT8 -> in.i8(what) & 0xffL;
            case INT8 -> (long) in.i8(what);
            case UINT16 -> in.i16(what) & 0xffffL;
            case INT16 -> (long) in.i16(what);
            case UINT32 -> in.i32(what) & 0xffffffffL;
            case INT32 -> (long) in.i32(what);
            case UINT64 -> in.u64(what);
            case INT64 -> in.i64(what);
            case FLOAT32 -> Float.intBitsToFloat(in.i32(what));
            case FLOAT64 -> Double.longBitsToDouble(in.i64(what));
            case BOOL -> in.bool(what);
            case STRING -> in.text(LONGEST_TEXT, what);
            case ARRAY -> {
                ValueType element = valueType(in, what);
                int length = length(in, element, what);
                GgufArray array = new GgufArray(in.file(), in.source(), what, in.position(), element, length);
                skipElements(in, element, length, what, 1);
                yield array;
            }
        };
    }

    private static void skipElements(Cursor in, ValueType type, int length, String what, int depth) {
        if (type == ValueType.STRING) {
            for (int i = 0; i < length; i++) {
                in.skipText(what);
            }
        } else if (type == ValueType.ARRAY) {
            if (depth == DEEPEST_ARRAY) {
                throw in.damaged(what + " nests arrays more than " + DEEPEST_ARRAY + " deep");
            }
            for (int i = 0; i < length; i++) {
                ValueType element = valueType(in, what);
                skipElements(in, element, length(in, element, what), what, depth + 1);
            }
        } else {
            in.skip((long) length * type.minBytes, what);
        }
    }
}
