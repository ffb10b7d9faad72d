package dev.sluice.formats.gguf;

import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;

/** A small valid file with every kind of value: what tests read back, cut short and damage. */
final class SmallModel {
    static final Tensor MATRIX = TestBlocks.random(DType.Q4_0, 64, 3, 1);

    private SmallModel() {}

    static GgufWriter writer() {
        return new GgufWriter()
                .string("general.architecture", "tiny")
                .raw("u8", ValueType.UINT8, new LittleEndian().i8(200))
                .raw("i8", ValueType.INT8, new LittleEndian().i8(-3))
                .u16("u16", 60_000)
                .raw("i16", ValueType.INT16, new LittleEndian().i16(-300))
                .u32("u32", 4_000_000_000L)
                .i32("i32", -70_000)
                .u64("u64", 1L << 40)
                .u64("u64 huge", -1)
                .raw("i64", ValueType.INT64, new LittleEndian().i64(-(1L << 40)))
                .f32("f32", 1.5f)
                .f64("f64", 2.25)
                .bool("yes", true)
                .bool("no", false)
                .string("text", "snow ☃ and 🙂")
                .strings("words", "a", "", "ü🙂")
                .i32s("numbers", 1, -2, 3)
                .f32s("reals", 0.5f, -1)
                .bools("flags", true, false)
                .raw(
                        "doubles",
                        ValueType.ARRAY,
                        GgufWriter.array(ValueType.FLOAT64, 1).f64(0.125))
                .raw(
                        "bytes",
                        ValueType.ARRAY,
                        GgufWriter.array(ValueType.UINT8, 2).i8(255).i8(1))
                .raw("empty", ValueType.ARRAY, GgufWriter.array(ValueType.STRING, 0))
                .raw("nested", ValueType.ARRAY, nested())
                .tensor("half", DType.F16, new byte[] {0, 0x3c, 0, (byte) 0xc0}, 2)
                .tensor(MATRIX)
                .tensor("cube", DType.F32, new byte[4 * 2 * 3 * 2], 2, 3, 2);
    }

    /** [[7, 8], [ "x" ]]. */
    private static LittleEndian nested() {
        return GgufWriter.array(ValueType.ARRAY, 2)
                .bytes(GgufWriter.array(ValueType.INT32, 2).i32(7).i32(8).toBytes())
                .bytes(GgufWriter.array(ValueType.STRING, 1).text("x").toBytes());
    }
}
