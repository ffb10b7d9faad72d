package dev.sluice.formats.gguf;

import dev.sluice.formats.ArrayValue;
import java.lang.foreign.MemorySegment;

/**
 * An array value inside the mapped file, whose extent was checked when the file was opened.
 *
 * @param file the whole file
 * @param source the file's name for messages
 * @param what the key for messages
 * @param position of the first element in the file
 */
record GgufArray(MemorySegment file, String source, String what, long position, ValueType type, int length)
        implements ArrayValue {
    @Override
    public String elementName() {
        return type.plural;
    }

    @Override
    public Object decode() {
        return elements(new Cursor(file, source, position), what, type, length);
    }

    private static Object elements(Cursor in, String what, ValueType type, int length) {
        return switch (type) {
            case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> {
                long[] numbers = new long[length];
                for (int i = 0; i < length; i++) {
                    numbers[i] = integer(in, what, type);
                }
                yield numbers;
            }
            case FLOAT32 -> {
                float[] numbers = new float[length];
                for (int i = 0; i < length; i++) {
                    numbers[i] = Float.intBitsToFloat(in.i32(what));
                }
                yield numbers;
            }
            case FLOAT64 -> {
                double[] numbers = new double[length];
                for (int i = 0; i < length; i++) {
                    numbers[i] = Double.longBitsToDouble(in.i64(what));
                }
                yield numbers;
            }
            case BOOL -> {
                boolean[] flags = new boolean[length];
                for (int i = 0; i < length; i++) {
                    flags[i] = in.bool(what);
                }
                yield flags;
            }
            case STRING -> {
                String[] texts = new String[length];
                for (int i = 0; i < length; i++) {
                    texts[i] = in.text(GgufMetadata.LONGEST_TEXT, what);
                }
                yield texts;
            }
            case ARRAY -> {
                Object[] arrays = new Object[length];
                for (int i = 0; i < length; i++) {
                    ValueType inner = GgufMetadata.valueType(in, what);
                    arrays[i] = elements(in, what, inner, GgufMetadata.length(in, inner, what));
                }
                yield arrays;
            }
        };
    }

    private static long integer(Cursor in, String what, ValueType type) {
        return switch (type) {
            case UINT8 -> in.i8(what) & 0xffL;
            case INT8 -> in.i8(what);
            case UINT16 -> in.i16(what) & 0xffffL;
            case INT16 -> in.i16(what);
            case UINT32 -> in.i32(what) & 0xffffffffL;
            case INT32 -> in.i32(what);
            case INT64 -> in.i64(what);
            case UINT64 -> {
                long number = in.i64(what);
                if (number < 0) {
                    throw in.damaged(what + " has the element " + Long.toUnsignedString(number)
                            + ", which does not fit 63 bits");
                }
                yield number;
            }
            case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> throw new IllegalArgumentException(type.plural);
        };
    }
}
