package dev.sluice.backend.opencl;

import dev.sluice.tensor.DType;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * One program to compile: a kernel and the macros that shape it.
 *
 * @param kernel the name of the kernel function, which is its file's without {@code .cl}
 * @param macros in a fixed order, so that equal programs have equal texts
 * @param standard of OpenCL C
 */
record ProgramSpec(String kernel, Map<String, String> macros, String standard) implements ProgramSource {
    /** What every device compiles. */
    static final String COMMON = "CL1.2";

    ProgramSpec {
        macros = Collections.unmodifiableMap(new TreeMap<>(macros));
    }

    static ProgramSpec of(String kernel) {
        return new ProgramSpec(kernel, Map.of(), COMMON);
    }

    ProgramSpec with(String macro, int value) {
        return with(macro, Integer.toString(value));
    }

    ProgramSpec with(String macro, String value) {
        Map<String, String> more = new TreeMap<>(macros);
        more.put(macro, value);
        return new ProgramSpec(kernel, more, standard);
    }

    /** Of another standard than OpenCL C 1.2, such as {@code CL3.0}. */
    ProgramSpec in(String newStandard) {
        return new ProgramSpec(kernel, macros, newStandard);
    }

    /** For weights of a format. */
    ProgramSpec with(DType format) {
        return with("QUANT", "\"quant/" + format.name().toLowerCase(Locale.ROOT) + ".cl\"");
    }

    /** For weights of a format in row planes. */
    ProgramSpec withPlanes(DType format) {
        return with("QUANT", "\"planes/" + format.name().toLowerCase(Locale.ROOT) + ".cl\"");
    }

    /** With the device's way to multiply and add. */
    ProgramSpec multiplyingBy(DeviceTuning tuning) {
        return with("MULTIPLY_ADD(a,b,c)", tuning.multiplyAdd());
    }

    @Override
    public String label() {
        String format = macros.get("QUANT");
        return format == null ? kernel : kernel + " " + format.replaceAll(".*/|\\.cl.*", "");
    }

    @Override
    public String text() {
        return KernelText.of(kernel + ".cl", macros);
    }
}
