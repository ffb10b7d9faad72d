package dev.sluice.backend.cpu.asm;

/** Patterns of 32 bits that kernels read, repeated to 32 bytes each, behind the arguments of a call. */
enum Constant {
    LOW_NIBBLES(0x0f0f0f0f),
    FIFTH_BITS(0x10101010),
    FIFTH_AND_SIXTH_BITS(0x30303030),
    SIGNS_OF_BYTES(0x80808080),
    BYTES_OF_ONE(0x01010101),
    WORDS_OF_ONE(0x00010001),
    ALL_BUT_SIGN(0x7fffffff),
    /** The smallest magnitude that a block of activations is scaled by: what lies far below it becomes 0. */
    LEAST(Float.floatToRawIntBits(1e-30f)),
    MOST_QUANT(Float.floatToRawIntBits(127)),
    PER_QUANT(Float.floatToRawIntBits(1 / 127f));

    /** Bytes of one constant. */
    static final int BYTES = 32;

    final int pattern;

    Constant(int pattern) {
        this.pattern = pattern;
    }

    /** Where it lies in an argument block. */
    Mem at(Gpr arguments) {
        return Mem.at(arguments, Arguments.CONSTANTS + ordinal() * BYTES);
    }

    /** The same, repeated in all lanes (AVX-512). */
    Mem each(Gpr arguments) {
        return Mem.each(arguments, Arguments.CONSTANTS + ordinal() * BYTES);
    }
}
