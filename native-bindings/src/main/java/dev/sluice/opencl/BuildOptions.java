package dev.sluice.opencl;

import java.util.ArrayList;
import java.util.List;

/**
 * Options of OpenCL's compiler, in the order given. {@code -cl-kernel-arg-info} is always added, so that a {@link Kernel}
 * can check its arguments.
 *
 * @param options single options, for example {@code -D N=4} or {@code -cl-fast-relaxed-math}
 */
public record BuildOptions(List<String> options) {
    private static final BuildOptions NONE = new BuildOptions(List.of());

    /** Copies the list. */
    public BuildOptions {
        options = List.copyOf(options);
    }

    /** No options. */
    public static BuildOptions none() {
        return NONE;
    }

    /** Adds an option as it stands, for example {@code -cl-std=CL2.0}. */
    public BuildOptions with(String option) {
        List<String> more = new ArrayList<>(options);
        more.add(option);
        return new BuildOptions(more);
    }

    /** Defines a macro as 1. */
    public BuildOptions define(String macro) {
        return with("-D " + macro);
    }

    /** Defines a macro as a number. */
    public BuildOptions define(String macro, long value) {
        return with("-D " + macro + "=" + value);
    }

    /** Defines a macro as text without blanks, for example a type's name. */
    public BuildOptions define(String macro, String value) {
        if (value.chars().anyMatch(Character::isWhitespace)) {
            throw new IllegalArgumentException("The value of macro " + macro + " must not contain blanks: " + value);
        }
        return with("-D " + macro + "=" + value);
    }

    /** All options in one line, as the compiler takes them. */
    public String commandLine() {
        return String.join(" ", with("-cl-kernel-arg-info").options);
    }
}
