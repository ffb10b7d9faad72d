package dev.sluice.formats.gguf;

import org.jspecify.annotations.Nullable;

/** The types of GGUF metadata values, by their numbers in the file. */
enum ValueType {
    UINT8(0, 1, "unsigned 8-bit integers"),
    INT8(1, 1, "8-bit integers"),
    UINT16(2, 2, "unsigned 16-bit integers"),
    INT16(3, 2, "16-bit integers"),
    UINT32(4, 4, "unsigned 32-bit integers"),
    INT32(5, 4, "32-bit integers"),
    FLOAT32(6, 4, "32-bit floats"),
    BOOL(7, 1, "booleans"),
    STRING(8, 8, "strings"),
    ARRAY(9, 12, "arrays"),
    UINT64(10, 8, "unsigned 64-bit integers"),
    INT64(11, 8, "64-bit integers"),
    FLOAT64(12, 8, "64-bit floats");

    private static final ValueType[] ALL = values();

    final int id;

    /** The least bytes that one value takes: of a string the length, of an array the element type and the count. */
    final int minBytes;

    final String plural;

    ValueType(int id, int minBytes, String plural) {
        this.id = id;
        this.minBytes = minBytes;
        this.plural = plural;
    }

    static @Nullable ValueType byId(int id) {
        for (ValueType type : ALL) {
            if (type.id == id) {
                return type;
            }
        }
        return null;
    }
}
