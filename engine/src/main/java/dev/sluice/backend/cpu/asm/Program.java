package dev.sluice.backend.cpu.asm;

import java.util.Arrays;

/** Assembled code and where its functions begin. */
public final class Program {
    private final byte[] code;
    private final int[] functions;

    Program(byte[] code, int... functions) {
        this.code = code;
        this.functions = functions;
    }

    /** The code. */
    public byte[] code() {
        return Arrays.copyOf(code, code.length);
    }

    /** How many functions it has. */
    public int functions() {
        return functions.length;
    }

    /** Offset of a function. */
    public int offset(int function) {
        return functions[function];
    }
}
