package dev.sluice.backend.cpu.asm;

/** What a conditional jump tests, after a comparison of its left with its right operand. */
public enum Condition {
    /** Unsigned less. */
    BELOW(0x2),
    /** Unsigned greater or equal. */
    ABOVE_OR_EQUAL(0x3),
    EQUAL(0x4),
    NOT_EQUAL(0x5),
    /** Signed less. */
    LESS(0xc),
    /** Signed greater or equal. */
    GREATER_OR_EQUAL(0xd),
    /** Signed less or equal. */
    LESS_OR_EQUAL(0xe),
    /** Signed greater. */
    GREATER(0xf);

    final int code;

    Condition(int code) {
        this.code = code;
    }
}
