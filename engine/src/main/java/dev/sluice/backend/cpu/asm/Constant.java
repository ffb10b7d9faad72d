package dev.sluice.backend.cpu.asm;

/** Patterns of 32 bits that kernels read, repeated to 32 bytes each, behind the arguments of a call. */
enum Constant {
    LOW_NIBBLES(0, 0x0f0f0f0f),
    FIFTH_BITS(1, 0x10101010),
    FIFTH_AND_SIXTH_BITS(2, 0x30303030),
    SIGNS_OF_BYTES(3, 0x80808080),
    BYTES_OF_ONE(4, 0x01010101),
    WORDS_OF_ONE(5, 0x00010001),
    ALL_BUT_SIGN(6, 0x7fffffff),
    /** The smallest magnitude that a block of activations is scaled by: what lies far below it becomes 0. */
    LEAST(7, Float.floatToRawIntBits(1e-30f)),
    MOST_QUANT(8, Float.floatToRawIntBits(127)),
    PER_QUANT(9, Float.floatToRawIntBits(1 / 127f)),
    /** Steps of a residual in a step of its block. */
    RESIDUAL_STEPS(10, Float.floatToRawIntBits(254)),
    PER_RESIDUAL_STEP(11, Float.floatToRawIntBits(1 / 254f)),
    ONE(12, Float.floatToRawIntBits(1)),
    INFINITY(13, Float.floatToRawIntBits(Float.POSITIVE_INFINITY));

    /** Bytes of one constant. */
    static final int BYTES = 32;

    final int pattern;
    /** Where among the constants it lies. */
    final int at;

    Constant(int place, int pattern) {
        at = place * BYTES;
        this.pattern = pattern;
    }

    /** Where it lies in an argument block. */
    Mem at(Gpr arguments) {
        return Mem.at(arguments, Arguments.CONSTANTS + at);
    }
}
