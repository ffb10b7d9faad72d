package dev.sluice.formats.gguf;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.ModelFiles;
import dev.sluice.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Files that have broken other loaders: each ends in one message that names the file and the fault, and at once. */
class BadFileTest {
    private static final int F32 = DType.F32.id();
    private static final long HUGE = 1L << 62;

    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0}")
    @MethodSource({"heads", "keys", "tensors", "extents"})
    void isRefusedWithOneClearMessage(String fault, byte[] bytes) throws IOException {
        Path path = Files.write(folder.resolve("bad.gguf"), bytes);
        SluiceException error = assertTimeoutPreemptively(
                Duration.ofSeconds(10), () -> assertThrows(SluiceException.class, () -> ModelFiles.open(path)));
        String message = String.valueOf(error.getMessage());
        assertTrue(message.contains(path.toString()), message);
        assertTrue(message.contains(fault), message);
        assertTrue(message.lines().count() == 1, message);
    }

    static Stream<Arguments> heads() {
        byte[] swapped = new LittleEndian()
                .bytes("GGUF".getBytes(US_ASCII))
                .i32(Integer.reverseBytes(3))
                .i64(0)
                .i64(0)
                .toBytes();
        return Stream.of(
                arguments("the file is empty", new byte[0]),
                arguments("is not a GGUF file", new byte[] {'G', 'G', 'U'}),
                arguments("does not begin with the letters GGUF", "something else".getBytes(US_ASCII)),
                arguments("old GGJT file", "tjgg\3\0\0\0".getBytes(US_ASCII)),
                arguments("Git LFS pointer", "version https://git-lfs.github.com/spec/v1\n".getBytes(US_ASCII)),
                arguments("a web page", "<!DOCTYPE html>".getBytes(US_ASCII)),
                arguments("zip archive", "PK\3\4rest".getBytes(US_ASCII)),
                arguments("safetensors", "\u00f0\0\0\0\0\0\0\0{\"a\":{}}".getBytes(ISO_8859_1)),
                arguments("bytes are swapped", "FUGG\0\0\0\3".getBytes(US_ASCII)),
                arguments("big-endian", swapped),
                arguments("GGUF version 1 is not supported", valid().version(1).bytes()),
                arguments("GGUF version 4 is not supported", valid().version(4).bytes()),
                arguments("GGUF version 4294967295 is not", valid().version(-1).bytes()),
                arguments("the file ends inside the version", "GGUF\3".getBytes(US_ASCII)),
                arguments(
                        "number of tensors is 4611686018427387904",
                        valid().claimTensors(HUGE).bytes()),
                arguments(
                        "number of tensors is 18446744073709551615",
                        valid().claimTensors(-1).bytes()),
                arguments(
                        "number of metadata keys is 4611686018427387904",
                        valid().claimKeys(HUGE).bytes()),
                arguments(
                        "number of metadata keys is 18446744073709551615",
                        valid().claimKeys(-1).bytes()));
    }

    static Stream<Arguments> keys() {
        return Stream.of(
                arguments(
                        "metadata key 'k' occurs twice",
                        valid().u32("k", 1).u32("k", 2).bytes()),
                arguments("has an empty name", valid().u32("", 1).bytes()),
                arguments(
                        "is not valid UTF-8",
                        valid().raw(new byte[] {(byte) 0xff}, 4, new LittleEndian().i32(1))
                                .bytes()),
                arguments(
                        "has 65536 bytes, more than the 65535 allowed",
                        valid().u32("k".repeat(65_536), 1).bytes()),
                arguments(
                        "'k' has the unknown value type 13",
                        valid().raw(name("k"), 13, new LittleEndian().i64(0)).bytes()),
                arguments(
                        "'k' has the unknown value type 4294967295",
                        valid().raw(name("k"), -1, new LittleEndian().i64(0)).bytes()),
                arguments(
                        "'k' has the unknown value type 77",
                        valid().raw(
                                        "k",
                                        ValueType.ARRAY,
                                        new LittleEndian().i32(77).i64(0))
                                .bytes()),
                arguments(
                        "metadata key 'k' is a boolean but has the value 2",
                        valid().raw("k", ValueType.BOOL, new LittleEndian().i8(2))
                                .bytes()),
                arguments(
                        "length of metadata key 'k' is 4611686018427387904",
                        valid().raw("k", ValueType.STRING, new LittleEndian().i64(HUGE))
                                .bytes()),
                arguments(
                        "length of metadata key 'k' is 18446744073709551615",
                        valid().raw("k", ValueType.STRING, new LittleEndian().i64(-1))
                                .bytes()),
                // 2^62 elements of 4 bytes are 0 bytes in 64-bit arithmetic.
                arguments("array length of metadata key 'k' is " + HUGE, array(ValueType.INT32, HUGE)),
                arguments("array length of metadata key 'k' is " + HUGE, array(ValueType.STRING, HUGE)),
                arguments("array length of metadata key 'k' is " + HUGE, array(ValueType.ARRAY, HUGE)),
                arguments("array length of metadata key 'k' is 1844674407370955161", array(ValueType.UINT8, -1)),
                arguments(
                        "a text length of metadata key 'k' is " + HUGE,
                        valid().raw(
                                        "k",
                                        ValueType.ARRAY,
                                        GgufWriter.array(ValueType.STRING, 1).i64(HUGE))
                                .bytes()),
                arguments(
                        "array length of metadata key 'k' is " + HUGE,
                        valid().raw(
                                        "k",
                                        ValueType.ARRAY,
                                        GgufWriter.array(ValueType.ARRAY, 1)
                                                .bytes(GgufWriter.array(ValueType.INT64, HUGE)
                                                        .toBytes()))
                                .bytes()),
                arguments("'k' nests arrays more than 4 deep", nested(5)),
                arguments("'k' nests arrays more than 4 deep", nested(100_000)),
                arguments("alignment is 0 but must be a power of two", aligned(0)),
                arguments("alignment is 48 but must be a power of two", aligned(48)),
                arguments("alignment is 4 but must be a power of two of at least 8", aligned(4)),
                arguments("alignment is 2147483648 but must be", aligned(1L << 31)),
                arguments(
                        "'general.alignment' must be an unsigned 32-bit integer",
                        valid().u64("general.alignment", 32).bytes()),
                arguments(
                        "'general.alignment' must be an unsigned 32-bit integer",
                        valid().string("general.alignment", "32").bytes()),
                arguments(
                        "\\u001b[2J",
                        valid().u32("\u001b[2J", 1).u32("\u001b[2J", 1).bytes()));
    }

    static Stream<Arguments> tensors() {
        Stream<Arguments> removed = Stream.of(4, 5, 31, 32, 33, 37, 38)
                .map(id -> arguments(
                        "(" + id + "), which GGUF has removed",
                        valid().rawTensor("t", id, 0, 32).bytes()));
        return Stream.concat(
                removed,
                Stream.of(
                        arguments(
                                "tensor 't' has the unknown weight format 63",
                                valid().rawTensor("t", 63, 0, 1).bytes()),
                        arguments(
                                "tensor 't' has the unknown weight format 1000",
                                valid().rawTensor("t", 1000, 0, 1).bytes()),
                        arguments(
                                "unknown weight format 4294967295",
                                valid().rawTensor("t", -1, 0, 1).bytes()),
                        arguments(
                                "tensor 't' has 5 dimensions, more than 4",
                                valid().tensor("t", DType.F32, new byte[4], 1, 1, 1, 1, 1)
                                        .bytes()),
                        arguments(
                                "tensor 't' has the dimension 0",
                                valid().tensor("t", DType.F32, new byte[4], 4, 0)
                                        .bytes()),
                        arguments(
                                "tensor 't' has the dimension 18446744073709551615",
                                valid().tensor("t", DType.F32, new byte[4], -1).bytes()),
                        arguments(
                                "rows of 33 elements, no multiple of the Q4_0 block of 32",
                                valid().tensor("t", DType.Q4_0, new byte[36], 33)
                                        .bytes()),
                        arguments(
                                "rows of 16 elements, no multiple of the Q4_0 block of 32",
                                valid().tensor("t", DType.Q4_0, new byte[36], 16, 2)
                                        .bytes()),
                        arguments(
                                "tensor 't' is so large that its size overflows",
                                valid().rawTensor("t", F32, 0, 1L << 40, 1L << 40)
                                        .bytes()),
                        arguments(
                                "tensor 't' is so large that its size overflows",
                                valid().rawTensor("t", F32, 0, 1L << 61).bytes()),
                        arguments(
                                "tensor 't' is so large that its size overflows",
                                valid().rawTensor("t", F32, 0, 1L << 31, 1L << 31)
                                        .bytes()),
                        arguments(
                                "tensor 't' occurs twice",
                                valid().tensor("t", DType.F32, new byte[4], 1)
                                        .tensor("t", DType.F32, new byte[4], 1)
                                        .bytes()),
                        arguments(
                                "has an empty name",
                                valid().tensor("", DType.F32, new byte[4], 1).bytes()),
                        arguments(
                                "the name of tensor 1 has 64 bytes, more than the 63 allowed",
                                valid().tensor("n".repeat(64), DType.F32, new byte[4], 1)
                                        .bytes()),
                        arguments(
                                "the name of tensor 1 '\ufffd' is not valid UTF-8",
                                valid().tensor(new byte[] {(byte) 0xc3}, F32, new byte[4], 1)
                                        .bytes())));
    }

    static Stream<Arguments> extents() {
        return Stream.of(
                arguments(
                        "tensor 't' has the offset 4, no multiple of the alignment 32",
                        valid().rawTensor("t", F32, 4, 1).bytes()),
                arguments(
                        "tensor 't' has the offset 18446744073709551584",
                        valid().rawTensor("t", F32, -32, 1).bytes()),
                arguments(
                        "tensor 't' (4 bytes at offset 320) lies beyond the end",
                        valid().rawTensor("t", F32, 320, 1).bytes()),
                // Offset plus size is negative in 64-bit arithmetic.
                arguments(
                        "tensor 't' (4611686018427387904 bytes at offset 9223372036854775776) lies beyond the end",
                        valid().rawTensor("t", F32, Long.MAX_VALUE - 31, 1L << 60)
                                .bytes()),
                arguments(
                        "tensor 'b' overlaps tensor 'a'",
                        valid().tensor("a", DType.F32, new byte[64], 16)
                                .rawTensor("b", F32, 32, 8)
                                .bytes()),
                arguments(
                        "tensor 'b' overlaps tensor 'a'",
                        valid().tensor("a", DType.F32, new byte[64], 16)
                                .rawTensor("b", F32, 0, 16)
                                .bytes()),
                arguments("truncated", shortened(valid().tensor("a", DType.F32, new byte[64], 16))));
    }

    private static GgufWriter valid() {
        return new GgufWriter().string("general.architecture", "tiny");
    }

    private static byte[] name(String name) {
        return name.getBytes(US_ASCII);
    }

    private static byte[] array(ValueType type, long length) {
        return valid().raw("k", ValueType.ARRAY, GgufWriter.array(type, length)).bytes();
    }

    private static byte[] nested(int depth) {
        LittleEndian value = new LittleEndian();
        for (int i = 1; i < depth; i++) {
            value.bytes(GgufWriter.array(ValueType.ARRAY, 1).toBytes());
        }
        return valid().raw(
                        "k",
                        ValueType.ARRAY,
                        value.bytes(GgufWriter.array(ValueType.INT8, 0).toBytes()))
                .bytes();
    }

    private static byte[] aligned(long alignment) {
        return valid().u32("general.alignment", alignment)
                .tensor("t", DType.F32, new byte[4], 1)
                .bytes();
    }

    private static byte[] shortened(GgufWriter writer) {
        byte[] bytes = writer.bytes();
        return Arrays.copyOf(bytes, bytes.length - 1);
    }
}
