package dev.sluice.backend.opencl;

import dev.sluice.kernels.KernelSources;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A kernel's source as one text: its macros first, every included file in its place (drivers get no include path). */
final class KernelText {
    private static final Pattern INCLUDE = Pattern.compile("(?m)^#include (?:\"([^\"]+)\"|(QUANT|MATRIX_UNIT))$");

    private KernelText() {}

    /**
     * Puts a program's text together.
     *
     * @param file the kernel's file, such as {@code matvec.cl}
     * @param macros what is defined first; {@code QUANT} and {@code MATRIX_UNIT} name files, which are included by these names
     */
    static String of(String file, Map<String, String> macros) {
        StringBuilder text = new StringBuilder();
        macros.forEach((name, value) ->
                text.append("#define ").append(name).append(' ').append(value).append('\n'));
        append(file, macros, new HashSet<>(), text);
        return text.toString();
    }

    private static void append(String file, Map<String, String> macros, Set<String> seen, StringBuilder text) {
        if (!seen.add(file)) {
            return;
        }
        String source = KernelSources.read(file);
        Matcher include = INCLUDE.matcher(source);
        int from = 0;
        while (include.find()) {
            text.append(source, from, include.start());
            append(included(include, macros), macros, seen, text);
            from = include.end();
        }
        text.append(source, from, source.length());
    }

    private static String included(Matcher include, Map<String, String> macros) {
        if (include.group(1) != null) {
            return include.group(1);
        }
        String file = macros.get(include.group(2));
        if (file == null) {
            throw new IllegalArgumentException(
                    "the source includes what " + include.group(2) + " names, but it is not defined");
        }
        return file.replace("\"", "");
    }
}
