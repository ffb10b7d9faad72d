package dev.sluice.backend.cpu.asm;

import java.util.Optional;

/** The instruction sets that int8 kernels are assembled for, best first. */
public enum Isa {
    AVX512_VNNI("AVX-512 VNNI"),
    AVX_VNNI("AVX-VNNI"),
    /** AVX-VNNI's kernels with the 256-bit encoding of AVX-512 VNNI: lets a machine without the one test them. */
    AVX512_VNNI_256("AVX-512 VNNI 256 bit"),
    AVX2("AVX2");

    private final String label;

    Isa(String label) {
        this.label = label;
    }

    /** For people. */
    public String label() {
        return label;
    }

    /** The most tokens that a product keeps in registers. */
    public int tokens() {
        return dots().accumulators();
    }

    ByteDots dots() {
        return switch (this) {
            case AVX512_VNNI -> new Avx512Dots();
            case AVX_VNNI -> new AvxVnniDots(false);
            case AVX512_VNNI_256 -> new AvxVnniDots(true);
            case AVX2 -> new Avx2Dots();
        };
    }

    /** Whether a processor has it. */
    public boolean runsOn(CpuFeatures features) {
        return switch (this) {
            case AVX512_VNNI, AVX512_VNNI_256 -> features.avx512Vnni();
            case AVX_VNNI -> features.avxVnni();
            case AVX2 -> features.avx2();
        };
    }

    /** The best one that a processor has. */
    public static Optional<Isa> best(CpuFeatures features) {
        for (Isa isa : values()) {
            if (isa.runsOn(features)) {
                return Optional.of(isa);
            }
        }
        return Optional.empty();
    }
}
