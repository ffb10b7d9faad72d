package dev.sluice.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.error.SluiceException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class BlockCodecTest {
    /** The published rows: 4 of 256 elements, packed by llama-quantize and expanded by ggml. */
    private static final int ELEMENTS = 1024;

    static Stream<DType> supported() {
        return Arrays.stream(DType.values()).filter(DType::isSupported);
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K"})
    void expandsPublishedBlocksBitForBit(DType type) throws IOException {
        float[] expected = new float[ELEMENTS];
        ByteBuffer.wrap(resource(type + ".rows"))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(expected);
        MemorySegment packed = MemorySegment.ofArray(resource(type + ".blocks"));
        assertEquals(type.bytes(ELEMENTS), packed.byteSize());

        float[] found = new float[ELEMENTS];
        BlockCodec.of(type).dequantize(packed, 0, found, 0, ELEMENTS);

        assertArrayEquals(bits(expected), bits(found));
    }

    @Test
    void readsFloatsAtAnyByteOffset() {
        MemorySegment data = MemorySegment.ofArray(new byte[9]);
        data.set(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 1, -0.0f);
        data.set(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 5, 1.25f);
        float[] found = new float[2];
        BlockCodec.of(DType.F32).dequantize(data, 1, found, 0, 2);
        assertArrayEquals(bits(new float[] {-0.0f, 1.25f}), bits(found));
    }

    @ParameterizedTest
    @MethodSource("supported")
    void expandsAnyBlockOnItsOwnAsInTheWhole(DType type) {
        Tensor tensor = TestBlocks.random(type, 3L * type.blockSize(), 5, 42);
        float[] whole = BlockCodec.floats(tensor);
        int block = type.blockSize();
        for (int i = 0; i < 15; i++) {
            float[] one = new float[block + 2];
            BlockCodec.of(type).dequantize(tensor.data(), (long) i * type.blockBytes(), one, 1, block);
            assertArrayEquals(
                    bits(Arrays.copyOfRange(whole, i * block, (i + 1) * block)),
                    bits(Arrays.copyOfRange(one, 1, block + 1)));
            assertEquals(0, one[0]);
            assertEquals(0, one[block + 1]);
        }
    }

    @ParameterizedTest
    @MethodSource("supported")
    void randomTensorsHaveModerateVariedElements(DType type) {
        float[] values = BlockCodec.floats(TestBlocks.random(type, 2L * type.blockSize(), 300, 7));
        double squares = 0;
        for (float value : values) {
            assertTrue(Math.abs(value) < 4, () -> "element " + value);
            squares += value * value;
        }
        double rms = Math.sqrt(squares / values.length);
        assertTrue(rms > 0.05 && rms < 2, () -> "rms " + rms);
        assertFalse(Arrays.equals(values, BlockCodec.floats(TestBlocks.random(type, 2L * type.blockSize(), 300, 8))));
        assertArrayEquals(values, BlockCodec.floats(TestBlocks.random(type, 2L * type.blockSize(), 300, 7)));
    }

    @ParameterizedTest
    @MethodSource("supported")
    void refusesToReadOrWriteOutside(DType type) {
        Tensor tensor = TestBlocks.random(type, type.blockSize(), 1, 1);
        BlockCodec codec = BlockCodec.of(type);
        int n = type.blockSize();
        float[] room = new float[n];
        assertThrows(IndexOutOfBoundsException.class, () -> codec.dequantize(tensor.data(), 1, room, 0, n));
        assertThrows(IndexOutOfBoundsException.class, () -> codec.dequantize(tensor.data(), -1, room, 0, n));
        assertThrows(IndexOutOfBoundsException.class, () -> codec.dequantize(tensor.data(), 0, room, 1, n));
        assertThrows(IndexOutOfBoundsException.class, () -> codec.dequantize(tensor.data(), 0, room, -1, n));
        assertThrows(IndexOutOfBoundsException.class, () -> codec.dequantize(tensor.data(), 0, room, 0, -n));
        assertArrayEquals(new float[n], room);
    }

    @Test
    void refusesPartsOfABlock() {
        Tensor tensor = TestBlocks.random(DType.Q4_0, 64, 1, 1);
        assertThrows(
                IllegalArgumentException.class,
                () -> BlockCodec.of(DType.Q4_0).dequantize(tensor.data(), 0, new float[64], 0, 33));
    }

    @Test
    void namesAFormatThatIsNotComputed() {
        assertFalse(DType.IQ1_M.isSupported());
        SluiceException error = assertThrows(SluiceException.class, () -> BlockCodec.of(DType.IQ1_M));
        assertTrue(String.valueOf(error.getMessage()).contains("IQ1_M"));
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(values[i]);
        }
        return bits;
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = BlockCodecTest.class.getResourceAsStream(name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        }
    }
}
