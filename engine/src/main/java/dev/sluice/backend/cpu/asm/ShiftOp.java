package dev.sluice.backend.cpu.asm;

/** A shift of all lanes by the same constant: {@code OP dst, src, count}. */
public enum ShiftOp {
    VPSRLD(0x72, 2),
    VPSRAD(0x72, 4),
    VPSLLD(0x72, 6),
    VPSRLW(0x71, 2),
    VPSLLW(0x71, 6);

    final int opcode;
    /** The register field of the ModRM byte, which is part of the opcode here. */
    final int extension;

    ShiftOp(int opcode, int extension) {
        this.opcode = opcode;
        this.extension = extension;
    }
}
