package dev.sluice.backend.cpu.asm;

import dev.sluice.system.MachineCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * The instruction sets that the processor has and the operating system saves the registers of, asked of the processor
 * itself (CPUID leaves 1 and 7, XGETBV).
 *
 * @param sets what may be used
 */
public record CpuFeatures(Set<Feature> sets) {
    /** An instruction set, in the names of the manuals. */
    public enum Feature {
        AVX2,
        FMA,
        F16C,
        AVX_VNNI,
        AVX512F,
        AVX512DQ,
        AVX512BW,
        AVX512VL,
        AVX512_VNNI,
        AVX512_BF16
    }

    public CpuFeatures {
        sets = Collections.unmodifiableSet(sets.isEmpty() ? EnumSet.noneOf(Feature.class) : EnumSet.copyOf(sets));
    }

    /** AVX2 with fused multiply-add and half-precision conversions: the least that kernels are assembled for. */
    public boolean avx2() {
        return sets.contains(Feature.AVX2) && sets.contains(Feature.FMA) && sets.contains(Feature.F16C);
    }

    /** The AVX-512 sets that all processors with 512-bit integer arithmetic have. */
    public boolean avx512() {
        return avx2()
                && sets.contains(Feature.AVX512F)
                && sets.contains(Feature.AVX512DQ)
                && sets.contains(Feature.AVX512BW)
                && sets.contains(Feature.AVX512VL);
    }

    /** Byte dot products in 512 bits. */
    public boolean avx512Vnni() {
        return avx512() && sets.contains(Feature.AVX512_VNNI);
    }

    /** Byte dot products in 256 bits. */
    public boolean avxVnni() {
        return avx2() && sets.contains(Feature.AVX_VNNI);
    }

    /**
     * Asks the processor.
     *
     * @throws MachineCode.Refused if it is no x86-64, or code cannot be run
     */
    public static CpuFeatures detect() throws MachineCode.Refused {
        String arch = System.getProperty("os.arch");
        String system = System.getProperty("os.name");
        if (!arch.equals("amd64") && !arch.equals("x86_64")) {
            throw new MachineCode.Refused("kernels are assembled for x86-64 only, and this is " + arch);
        }
        if (system.startsWith("Windows")) {
            throw new MachineCode.Refused(
                    "kernels follow the System V calling convention, which " + system + " does not");
        }
        try (MachineCode code = MachineCode.load(program());
                Arena arena = Arena.ofConfined()) {
            MemorySegment answer = arena.allocate(6 * Long.BYTES);
            MachineCode.call(
                    code.function(0), answer.address(), MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL);
            int ecx1 = answer.get(ValueLayout.JAVA_INT, 0);
            int ebx7 = answer.get(ValueLayout.JAVA_INT, 8);
            int ecx7 = answer.get(ValueLayout.JAVA_INT, 16);
            int eax71 = answer.get(ValueLayout.JAVA_INT, 24);
            int saved = answer.get(ValueLayout.JAVA_INT, 32);
            return new CpuFeatures(decode(ecx1, ebx7, ecx7, eax71, saved));
        }
    }

    /** Reads the bits that CPUID gave; {@code saved} is XCR0. */
    static Set<Feature> decode(int ecx1, int ebx7, int ecx7, int eax71, int saved) {
        Set<Feature> found = EnumSet.noneOf(Feature.class);
        boolean ymm = ((ecx1 >> 28) & 1) == 1 && (saved & 0x6) == 0x6;
        boolean zmm = ymm && (saved & 0xe0) == 0xe0;
        add(found, Feature.AVX2, ymm, ebx7, 5);
        add(found, Feature.FMA, ymm, ecx1, 12);
        add(found, Feature.F16C, ymm, ecx1, 29);
        add(found, Feature.AVX_VNNI, ymm, eax71, 4);
        add(found, Feature.AVX512F, zmm, ebx7, 16);
        add(found, Feature.AVX512DQ, zmm, ebx7, 17);
        add(found, Feature.AVX512BW, zmm, ebx7, 30);
        add(found, Feature.AVX512VL, zmm, ebx7, 31);
        add(found, Feature.AVX512_VNNI, zmm, ecx7, 11);
        add(found, Feature.AVX512_BF16, zmm, eax71, 5);
        return found;
    }

    private static void add(Set<Feature> found, Feature feature, boolean usable, int word, int bit) {
        if (usable && ((word >> bit) & 1) == 1) {
            found.add(feature);
        }
    }

    private static byte[] program() {
        Assembler a = new Assembler();
        Label end = new Label();
        a.push(Gpr.RBX); // the caller's, and CPUID writes it
        a.mov(Gpr.R8, Gpr.RDI);
        a.mov(Gpr.RAX, 1);
        a.mov(Gpr.RCX, 0);
        a.cpuid();
        a.store(Mem.at(Gpr.R8, 0), Gpr.RCX);
        a.mov(Gpr.R9, Gpr.RCX);
        a.mov(Gpr.RAX, 0);
        a.mov(Gpr.RCX, 0);
        a.cpuid();
        a.cmp(Gpr.RAX, 7);
        a.jump(Condition.BELOW, end);
        a.mov(Gpr.RAX, 7);
        a.mov(Gpr.RCX, 0);
        a.cpuid();
        a.store(Mem.at(Gpr.R8, 8), Gpr.RBX);
        a.store(Mem.at(Gpr.R8, 16), Gpr.RCX);
        a.mov(Gpr.RAX, 7);
        a.mov(Gpr.RCX, 1);
        a.cpuid();
        a.store(Mem.at(Gpr.R8, 24), Gpr.RAX);
        // XGETBV exists where the system has switched extended registers on (OSXSAVE, bit 27).
        a.shr(Gpr.R9, 27);
        a.and(Gpr.R9, 1);
        a.jump(Condition.EQUAL, end);
        a.mov(Gpr.RCX, 0);
        a.xgetbv();
        a.store(Mem.at(Gpr.R8, 32), Gpr.RAX);
        a.bind(end);
        a.pop(Gpr.RBX);
        a.ret();
        return a.toBytes();
    }
}
