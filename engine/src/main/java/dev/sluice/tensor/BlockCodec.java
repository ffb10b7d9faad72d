package dev.sluice.tensor;

import dev.sluice.error.SluiceException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * The scalar definition of a weight format: what numbers a run of blocks stands for. Every kernel is tested against it.
 * Arithmetic is in 32-bit floats, in the order of ggml's {@code dequantize_row_*} functions, without fused
 * multiply-add.
 */
public final class BlockCodec {
    /** Expands one block at byte {@code at} to {@link DType#blockSize()} floats. */
    @FunctionalInterface
    interface Block {
        void expand(MemorySegment src, long at, float[] dst, int to);
    }

    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final Map<DType, BlockCodec> CODECS = new EnumMap<>(DType.class);

    static {
        add(DType.F32, ScalarBlocks::f32);
        add(DType.F16, ScalarBlocks::f16);
        add(DType.BF16, ScalarBlocks::bf16);
        add(DType.Q8_0, Blocks32::q8x0);
        add(DType.Q4_0, Blocks32::q4x0);
        add(DType.Q4_1, Blocks32::q4x1);
        add(DType.Q5_0, Blocks32::q5x0);
        add(DType.Q5_1, Blocks32::q5x1);
        add(DType.Q4_K, BlocksK::q4k);
        add(DType.Q5_K, BlocksK::q5k);
        add(DType.Q6_K, BlocksK::q6k);
    }

    private final DType type;
    private final Block block;

    private BlockCodec(DType type, Block block) {
        this.type = type;
        this.block = block;
    }

    private static void add(DType type, Block block) {
        CODECS.put(type, new BlockCodec(type, block));
    }

    /** Whether the format is computed at all. */
    public static boolean supports(DType type) {
        return CODECS.containsKey(type);
    }

    /** The formats that are computed. */
    static Set<DType> supported() {
        return Collections.unmodifiableSet(CODECS.keySet());
    }

    /**
     * The codec of a format.
     *
     * @throws SluiceException if the format is known but not computed
     */
    public static BlockCodec of(DType type) {
        BlockCodec codec = CODECS.get(type);
        if (codec == null) {
            throw new SluiceException("the weight format %s is not computed yet; use a model in one of %s"
                    .formatted(type, CODECS.keySet()));
        }
        return codec;
    }

    /**
     * All elements of a tensor, row after row, for the small ones: norms, biases, frequency factors.
     *
     * @throws SluiceException if the format is not computed, or the tensor exceeds a Java array
     */
    public static float[] floats(Tensor tensor) {
        long elements = tensor.shape().elements();
        if (elements > Integer.MAX_VALUE - 8) {
            throw new SluiceException(
                    "tensor '%s' has %d elements, too many to expand at once".formatted(tensor.name(), elements));
        }
        float[] all = new float[(int) elements];
        of(tensor.type()).dequantize(tensor.data(), 0, all, 0, all.length);
        return all;
    }

    /** The format. */
    public DType type() {
        return type;
    }

    /**
     * Expands a run of whole blocks.
     *
     * @param src packed blocks, little-endian
     * @param srcOffset byte offset of the first block; no alignment is needed
     * @param dst receives the elements
     * @param dstOffset index of the first element
     * @param elements how many, a multiple of {@link DType#blockSize()}
     * @throws IndexOutOfBoundsException if {@code src} or {@code dst} is too small; nothing is written then
     */
    public void dequantize(MemorySegment src, long srcOffset, float[] dst, int dstOffset, int elements) {
        if (srcOffset < 0 || type.bytes(elements) > src.byteSize() - srcOffset) {
            throw new IndexOutOfBoundsException(
                    "%d elements of %s at byte %d of %d".formatted(elements, type, srcOffset, src.byteSize()));
        }
        if (elements < 0 || dstOffset < 0 || elements > dst.length - dstOffset) {
            throw new IndexOutOfBoundsException("%d elements at %d of %d".formatted(elements, dstOffset, dst.length));
        }
        if (type == DType.F32) {
            MemorySegment.copy(src, FLOAT, srcOffset, dst, dstOffset, elements);
            return;
        }
        int step = type.blockSize();
        long at = srcOffset;
        for (int done = 0; done < elements; done += step) {
            block.expand(src, at, dst, dstOffset + done);
            at += type.blockBytes();
        }
    }
}
