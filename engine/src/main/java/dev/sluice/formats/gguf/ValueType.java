package dev.sluice.formats.gguf;

import org.jspecify.annotations.Nullable;

/** The types of GGUF metadata values, in the order of their numbers in the file. */
enum ValueType {
    UINT8(1, "unsigned 8-bit integers"),
    INT8(1, "8-bit integers"),
    UINT16(2, "unsigned 16-bit integers"),
    INT16(2, "16-bit integers"),
    UINT32(4, "unsigned 32-bit integers"),
    INT32(4, "32-bit integers"),
    FLOAT32(4, "32-bit floats"),
    BOOL(1, "booleans"),
    STRING(8, "strings"),
    ARRAY(12, "arrays"),
    UINT64(8, "unsigned 64-bit integers"),
    INT64(8, "64-bit integers"),
    FLOAT64(8, "64-bit floats");

    private static final ValueType[] BY_ID = values();

    /** The least bytes that one value takes: of a string the length, of an array the element type and the count. */
    final int minBytes;

    final String plural;

    ValueType(int minBytes, String plural) {
        this.minBytes = minBytes;
        this.plural = plural;
    }

    static @Nullable ValueType byId(int id) {
        return id < 0 || id >= BY_ID.length ? null : BY_ID[id];
    }
}
