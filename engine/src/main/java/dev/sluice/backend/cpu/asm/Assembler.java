package dev.sluice.backend.cpu.asm;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Assembles x86-64 code into an array of bytes. Vector instructions are encoded with VEX, or with EVEX where 512 bits, a
 * register from 16 on, a mask or a broadcast needs it. Code is position-independent: jumps are relative and no operand is
 * addressed absolutely.
 */
public final class Assembler {
    private static final int NO_IMMEDIATE = -1;

    private final CodeBuffer code = new CodeBuffer();
    private final List<Label> labels = new ArrayList<>();

    /** Bytes so far: the offset of what comes next. */
    public int position() {
        return code.size();
    }

    /**
     * The finished code.
     *
     * @throws IllegalStateException if a label that is jumped to was never bound
     */
    public byte[] toBytes() {
        for (Label label : labels) {
            if (label.position < 0) {
                throw new IllegalStateException("a jump leads to a label that was never bound");
            }
            for (int use : label.uses) {
                code.setInt(use, label.position - (use + 4));
            }
        }
        return code.toArray();
    }

    /** Fills up with no-operations to a multiple of some bytes, a power of two: loops start faster there. */
    public void align(int bytes) {
        while (code.size() % bytes != 0) {
            code.put(0x90);
        }
    }

    // ---- vector instructions ------------------------------------------------------------------------------------

    /** {@code OP dst, src1, src2}. */
    public void op(VectorOp op, Vec dst, Vec src1, Vec src2) {
        requireSources(op, 2);
        vector(op, dst, src1, src2, null, NO_IMMEDIATE);
    }

    /** {@code OP dst, src1, [src2]}. */
    public void op(VectorOp op, Vec dst, Vec src1, Mem src2) {
        requireSources(op, 2);
        vector(op, dst, src1, null, src2, NO_IMMEDIATE);
    }

    /** {@code OP dst, src1, src2, constant}. */
    public void op(VectorOp op, Vec dst, Vec src1, Vec src2, int constant) {
        requireSources(op, 2);
        vector(op, dst, src1, src2, null, constant & 0xff);
    }

    /** {@code OP dst, src}. */
    public void op(VectorOp op, Vec dst, Vec src) {
        requireSources(op, 1);
        vector(op, dst, null, src, null, NO_IMMEDIATE);
    }

    /** {@code OP dst, [src]}. */
    public void op(VectorOp op, Vec dst, Mem src) {
        requireSources(op, 1);
        vector(op, dst, null, null, src, NO_IMMEDIATE);
    }

    /** {@code OP dst, src, constant}. */
    public void op(VectorOp op, Vec dst, Vec src, int constant) {
        requireSources(op, 1);
        vector(op, dst, null, src, null, constant & 0xff);
    }

    /** {@code OP [dst], src}, for instructions whose destination is the r/m operand. */
    public void store(VectorOp op, Mem dst, Vec src) {
        requireSources(op, 1);
        vector(op, src, null, null, dst, NO_IMMEDIATE);
    }

    /** {@code OP [dst], src, constant}. */
    public void store(VectorOp op, Mem dst, Vec src, int constant) {
        requireSources(op, 1);
        vector(op, src, null, null, dst, constant & 0xff);
    }

    /** {@code OP dst, src, constant}, for instructions whose destination is the r/m operand; the width is the source's. */
    public void extract(VectorOp op, Vec dst, Vec src, int constant) {
        requireSources(op, 1);
        vector(op, src, null, dst.as(src.bits()), null, constant & 0xff);
    }

    /** {@code OP dst, src, count}. */
    public void shift(ShiftOp op, Vec dst, Vec src, int count) {
        shift(op, dst, src, null, count);
    }

    /** {@code OP dst, [src], count}: AVX-512. */
    public void shift(ShiftOp op, Vec dst, Mem src, int count) {
        shift(op, dst, null, src, count);
    }

    private void shift(ShiftOp op, Vec dst, @Nullable Vec src, @Nullable Mem mem, int count) {
        // The destination stands in the second register field; the first is part of the opcode.
        boolean evex = mem != null || needsEvex(dst) || (src != null && needsEvex(src));
        Vec extension = new Vec(op.extension, dst.bits(), dst.mask(), dst.zeroing());
        int scale = mem != null && mem.broadcast() ? 4 : dst.bits() / 8;
        prefix(VectorOp.Map.M0F, VectorOp.Prefix.P66, false, evex, extension, dst, src, mem);
        code.put(op.opcode);
        modRm(op.extension, src, mem, evex ? scale : 1);
        code.put(count);
    }

    /** {@code VCMPPS k, src1, src2, predicate} (AVX-512): a mask of the lanes where the comparison holds. */
    public void compare(int k, Vec src1, Vec src2, int predicate) {
        prefix(
                VectorOp.Map.M0F,
                VectorOp.Prefix.NONE,
                false,
                true,
                new Vec(k, src1.bits(), 0, false),
                src1,
                src2,
                null);
        code.put(0xc2);
        modRm(k, src2, null, 1);
        code.put(predicate);
    }

    /** {@code KMOVW k, src}: the lower 16 bits of a register become a mask (AVX-512). */
    public void maskFrom(int k, Gpr src) {
        prefix(VectorOp.Map.M0F, VectorOp.Prefix.NONE, false, false, Vec.xmm(k), null, Vec.xmm(src.number), null);
        code.put(0x92);
        modRm(k, Vec.xmm(src.number), null, 1);
    }

    /** {@code VBLENDVPS dst, src1, src2, choice}: src2 where the choice's sign is set (AVX). */
    public void blend(Vec dst, Vec src1, Vec src2, Vec choice) {
        if (needsEvex(dst) || needsEvex(src1) || needsEvex(src2) || needsEvex(choice)) {
            throw new IllegalArgumentException("VBLENDVPS has no EVEX form");
        }
        prefix(VectorOp.Map.M0F3A, VectorOp.Prefix.P66, false, false, dst, src1, src2, null);
        code.put(0x4a);
        modRm(dst.number(), src2, null, 1);
        code.put(choice.number() << 4);
    }

    /** {@code VMASKMOVPS [dst], mask, src} (AVX): stores the lanes whose sign in the mask is set. */
    public void storeWhere(Mem dst, Vec mask, Vec src) {
        prefix(VectorOp.Map.M0F38, VectorOp.Prefix.P66, false, false, src, mask, null, dst);
        code.put(0x2e);
        modRm(src.number(), null, dst, 1);
    }

    /** {@code VMASKMOVPS dst, mask, [src]} (AVX): loads the lanes whose sign in the mask is set, zero elsewhere. */
    public void loadWhere(Vec dst, Vec mask, Mem src) {
        prefix(VectorOp.Map.M0F38, VectorOp.Prefix.P66, false, false, dst, mask, null, src);
        code.put(0x2c);
        modRm(dst.number(), null, src, 1);
    }

    /** Leaves the upper halves of all vector registers clean, as the calling convention wants it. */
    public void vzeroupper() {
        code.put(0xc5, 0xf8, 0x77);
    }

    private static void requireSources(VectorOp op, int sources) {
        if (op.oneSource() != (sources == 1)) {
            throw new IllegalArgumentException(op + " does not take " + sources + " sources");
        }
    }

    private static boolean needsEvex(Vec v) {
        return v.bits() == 512 || v.number() >= 16 || v.mask() != 0;
    }

    private void vector(VectorOp op, Vec reg, @Nullable Vec second, @Nullable Vec rm, @Nullable Mem mem, int constant) {
        boolean broadcast = mem != null && mem.broadcast();
        boolean evex = op.form == VectorOp.Form.EVEX
                || broadcast
                || needsEvex(reg)
                || (second != null && needsEvex(second))
                || (rm != null && needsEvex(rm));
        if (evex && op.form == VectorOp.Form.VEX) {
            throw new IllegalArgumentException(op + " has no EVEX form");
        }
        if (broadcast && op.tuple != VectorOp.Tuple.FULL) {
            throw new IllegalArgumentException(op + " cannot broadcast its memory operand");
        }
        prefix(op.map, op.prefix, op.wide(evex), evex, reg, second, rm, mem);
        code.put(op.opcode);
        modRm(reg.number(), rm, mem, evex ? op.memoryBytes(reg.bits(), broadcast) : 1);
        if (constant != NO_IMMEDIATE) {
            code.put(constant);
        }
    }

    private void prefix(
            VectorOp.Map map,
            VectorOp.Prefix prefix,
            boolean wide,
            boolean evex,
            Vec reg,
            @Nullable Vec second,
            @Nullable Vec rm,
            @Nullable Mem mem) {
        int base = mem != null ? mem.base().number : rm != null ? rm.number() : 0;
        int index = mem != null && mem.index() != null ? mem.index().number : 0;
        int r = bit(~reg.number(), 3);
        int x = mem != null || !evex ? bit(~index, 3) : bit(~base, 4);
        int b = bit(~base, 3);
        int vvvv = second == null ? 0xf : ~second.number() & 0xf;
        if (!evex) {
            int length = reg.bits() == 256 ? 1 : 0;
            int tail = ((wide ? 1 : 0) << 7) + (vvvv << 3) + (length << 2) + prefix.code;
            if (x == 1 && b == 1 && map == VectorOp.Map.M0F && !wide) {
                code.put(0xc5, (r << 7) + tail);
            } else {
                code.put(0xc4, (r << 7) + (x << 6) + (b << 5) + map.code, tail);
            }
            return;
        }
        // A mask guards the destination, which the shifts keep in the second field; both carry it.
        int high = bit(~reg.number(), 4);
        int secondHigh = second == null ? 1 : bit(~second.number(), 4);
        int length = reg.bits() == 512 ? 2 : reg.bits() == 256 ? 1 : 0;
        int broadcast = mem != null && mem.broadcast() ? 1 : 0;
        code.put(
                0x62,
                (r << 7) + (x << 6) + (b << 5) + (high << 4) + map.code,
                ((wide ? 1 : 0) << 7) + (vvvv << 3) + (1 << 2) + prefix.code,
                ((reg.zeroing() ? 1 : 0) << 7) + (length << 5) + (broadcast << 4) + (secondHigh << 3) + reg.mask());
    }

    private static int bit(int value, int position) {
        return (value >> position) & 1;
    }

    /** The ModRM byte of two registers. */
    private static int direct(int reg, int rm) {
        return (3 << 6) + ((reg & 7) << 3) + (rm & 7);
    }

    // ---- operands -----------------------------------------------------------------------------------------------

    private void modRm(int reg, @Nullable Vec rm, @Nullable Mem mem, int dispScale) {
        if (mem == null) {
            code.put(direct(reg, rm == null ? 0 : rm.number()));
            return;
        }
        int base = mem.base().number & 7;
        boolean sib = mem.index() != null || base == 4;
        int low = sib ? 4 : base;
        int field = (reg & 7) << 3;
        int scaled = mem.disp() / dispScale;
        boolean fits = mem.disp() % dispScale == 0 && scaled == (byte) scaled;
        // Base 5 without a displacement means something else, so it always has one.
        int mode = mem.disp() == 0 && base != 5 ? 0 : fits ? 1 : 2;
        code.put((mode << 6) + field + low);
        if (sib) {
            int index = mem.index() == null ? 4 : mem.index().number & 7;
            code.put((Integer.numberOfTrailingZeros(mem.scale()) << 6) + (index << 3) + base);
        }
        if (mode == 1) {
            code.put(scaled);
        } else if (mode == 2) {
            code.putInt(mem.disp());
        }
    }

    // ---- general-purpose instructions, 64 bits unless said otherwise ------------------------------------------------

    private void rex(boolean wide, int reg, int index, int base) {
        int rex = 0x40 + (wide ? 8 : 0) + (bit(reg, 3) << 2) + (bit(index, 3) << 1) + bit(base, 3);
        if (rex != 0x40) {
            code.put(rex);
        }
    }

    private void rex(boolean wide, int reg, Mem mem) {
        rex(wide, reg, mem.index() == null ? 0 : mem.index().number, mem.base().number);
    }

    private void registers(int opcode, Gpr rm, Gpr reg) {
        rex(true, reg.number, 0, rm.number);
        code.put(opcode, direct(reg.number, rm.number));
    }

    private void constant(int extension, Gpr rm, int value) {
        rex(true, 0, 0, rm.number);
        code.put(value == (byte) value ? 0x83 : 0x81, direct(extension, rm.number));
        if (value == (byte) value) {
            code.put(value);
        } else {
            code.putInt(value);
        }
    }

    public void mov(Gpr dst, Gpr src) {
        registers(0x89, dst, src);
    }

    /** Sets a register to a constant, sign-extended. */
    public void mov(Gpr dst, int value) {
        rex(true, 0, 0, dst.number);
        code.put(0xc7, direct(0, dst.number)).putInt(value);
    }

    public void mov(Gpr dst, Mem src) {
        rex(true, dst.number, src);
        code.put(0x8b);
        modRm(dst.number, null, src, 1);
    }

    /** Loads 32 bits and clears the upper half. */
    public void mov32(Gpr dst, Mem src) {
        rex(false, dst.number, src);
        code.put(0x8b);
        modRm(dst.number, null, src, 1);
    }

    public void store(Mem dst, Gpr src) {
        rex(true, src.number, dst);
        code.put(0x89);
        modRm(src.number, null, dst, 1);
    }

    /** Stores the lower 32 bits. */
    public void store32(Mem dst, Gpr src) {
        rex(false, src.number, dst);
        code.put(0x89);
        modRm(src.number, null, dst, 1);
    }

    /** Stores the lower 16 bits. */
    public void store16(Mem dst, Gpr src) {
        code.put(0x66);
        store32(dst, src);
    }

    public void lea(Gpr dst, Mem src) {
        rex(true, dst.number, src);
        code.put(0x8d);
        modRm(dst.number, null, src, 1);
    }

    public void add(Gpr dst, Gpr src) {
        registers(0x01, dst, src);
    }

    public void add(Gpr dst, int value) {
        constant(0, dst, value);
    }

    public void add(Gpr dst, Mem src) {
        rex(true, dst.number, src);
        code.put(0x03);
        modRm(dst.number, null, src, 1);
    }

    public void sub(Gpr dst, Gpr src) {
        registers(0x29, dst, src);
    }

    public void sub(Gpr dst, int value) {
        constant(5, dst, value);
    }

    public void and(Gpr dst, int value) {
        constant(4, dst, value);
    }

    public void cmp(Gpr left, Gpr right) {
        registers(0x39, left, right);
    }

    public void cmp(Gpr left, Mem right) {
        rex(true, left.number, right);
        code.put(0x3b);
        modRm(left.number, null, right, 1);
    }

    public void cmp(Gpr left, int value) {
        constant(7, left, value);
    }

    /** {@code dst = src · value}. */
    public void imul(Gpr dst, Gpr src, int value) {
        rex(true, dst.number, 0, src.number);
        code.put(0x69, direct(dst.number, src.number)).putInt(value);
    }

    public void imul(Gpr dst, Gpr src) {
        rex(true, dst.number, 0, src.number);
        code.put(0x0f, 0xaf, direct(dst.number, src.number));
    }

    public void shl(Gpr dst, int count) {
        rex(true, 0, 0, dst.number);
        code.put(0xc1, direct(4, dst.number), count);
    }

    /** Shifts to the right, filling with zeros. */
    public void shr(Gpr dst, int count) {
        rex(true, 0, 0, dst.number);
        code.put(0xc1, direct(5, dst.number), count);
    }

    public void push(Gpr src) {
        rex(false, 0, 0, src.number);
        code.put(0x50 + (src.number & 7));
    }

    public void pop(Gpr dst) {
        rex(false, 0, 0, dst.number);
        code.put(0x58 + (dst.number & 7));
    }

    /** Brings the line of an address into the first cache. */
    public void prefetchT0(Mem at) {
        prefetch(1, at);
    }

    private void prefetch(int hint, Mem at) {
        rex(false, 0, at);
        code.put(0x0f, 0x18);
        modRm(hint, null, at, 1);
    }

    /** The next instruction gets this label's name. */
    public void bind(Label label) {
        if (label.position >= 0) {
            throw new IllegalStateException("a label is bound once");
        }
        label.position = code.size();
        labels.add(label);
    }

    public void jmp(Label target) {
        code.put(0xe9);
        use(target);
    }

    public void jump(Condition condition, Label target) {
        code.put(0x0f, 0x80 | condition.code);
        use(target);
    }

    private void use(Label target) {
        if (!labels.contains(target)) {
            labels.add(target);
        }
        target.uses.add(code.size());
        code.putInt(0);
    }

    public void ret() {
        code.put(0xc3);
    }

    public void cpuid() {
        code.put(0x0f, 0xa2);
    }

    public void xgetbv() {
        code.put(0x0f, 0x01, 0xd0);
    }
}
