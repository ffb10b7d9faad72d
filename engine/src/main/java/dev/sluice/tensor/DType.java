package dev.sluice.tensor;

import java.util.Optional;
import java.util.Set;

/**
 * The weight formats of GGUF files, by their block geometry: {@link #blockSize()} consecutive elements of a row take
 * {@link #blockBytes()} bytes. The names and numbers are those of ggml's type table.
 */
public enum DType {
    F32(0, 1, 4),
    F16(1, 1, 2),
    Q4_0(2, 32, 18),
    Q4_1(3, 32, 20),
    Q5_0(6, 32, 22),
    Q5_1(7, 32, 24),
    Q8_0(8, 32, 34),
    Q2_K(10, 256, 84),
    Q3_K(11, 256, 110),
    Q4_K(12, 256, 144),
    Q5_K(13, 256, 176),
    Q6_K(14, 256, 210),
    IQ2_XXS(16, 256, 66),
    IQ2_XS(17, 256, 74),
    IQ3_XXS(18, 256, 98),
    IQ1_S(19, 256, 50),
    IQ4_NL(20, 32, 18),
    IQ3_S(21, 256, 110),
    IQ2_S(22, 256, 82),
    IQ4_XS(23, 256, 136),
    I8(24, 1, 1),
    I16(25, 1, 2),
    I32(26, 1, 4),
    I64(27, 1, 8),
    F64(28, 1, 8),
    IQ1_M(29, 256, 56),
    BF16(30, 1, 2),
    TQ1_0(34, 256, 54),
    TQ2_0(35, 256, 66),
    I2_S(36, 128, 32),
    MXFP4(39, 32, 17),
    NVFP4(40, 64, 36),
    Q1_0(41, 128, 18),
    Q2_0(42, 64, 18);

    private static final DType[] BY_ID = new DType[64];

    static {
        for (DType type : values()) {
            BY_ID[type.id] = type;
        }
    }

    private final int id;
    private final int blockSize;
    private final int blockBytes;

    DType(int id, int blockSize, int blockBytes) {
        this.id = id;
        this.blockSize = blockSize;
        this.blockBytes = blockBytes;
    }

    /** The number that stands for this format in a GGUF file. */
    public int id() {
        return id;
    }

    /** Elements in one block. */
    public int blockSize() {
        return blockSize;
    }

    /** Bytes in one block. */
    public int blockBytes() {
        return blockBytes;
    }

    /**
     * Bytes of a run of elements.
     *
     * @param elements a multiple of {@link #blockSize()}
     */
    public long bytes(long elements) {
        if (elements % blockSize != 0) {
            throw new IllegalArgumentException(
                    elements + " elements are no multiple of the " + name() + " block of " + blockSize);
        }
        return Math.multiplyExact(elements / blockSize, (long) blockBytes);
    }

    /** Whether the format can be computed with, not only recognised: {@link BlockCodec} defines it. */
    public boolean isSupported() {
        return BlockCodec.supports(this);
    }

    /** The formats that can be computed with. */
    public static Set<DType> supported() {
        return BlockCodec.supported();
    }

    /** The format with a given GGUF number, if there is one. */
    public static Optional<DType> byId(int id) {
        return id < 0 || id >= BY_ID.length ? Optional.empty() : Optional.ofNullable(BY_ID[id]);
    }
}
