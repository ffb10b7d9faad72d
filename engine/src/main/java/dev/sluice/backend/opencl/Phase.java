package dev.sluice.backend.opencl;

import java.util.Locale;

/** How many tokens a step has, as far as tuning tells apart. */
enum Phase {
    /** The next token of one sequence. */
    ONE,
    /** A handful, of several sequences: taken one by one, or as many are. */
    FEW,
    /** A prompt. */
    MANY;

    /** Tokens of the steps by which the phase is measured. */
    int[] tokens(int many) {
        return switch (this) {
            case ONE -> new int[] {1};
            case FEW -> new int[] {2, 3, 4, 6, 8};
            case MANY -> new int[] {many};
        };
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
