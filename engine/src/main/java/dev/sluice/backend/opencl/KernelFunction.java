package dev.sluice.backend.opencl;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A kernel of one-work-item groups as a function that another kernel calls: its source with the group's place and the number
 * of groups, of both dimensions, as further arguments ({@code group_0, groups_0, group_1, groups_1}), then the counts by which groups
 * help each other ({@code taken}, see {@code shares.cl}), and with every name ending in a suffix, so that several fit one text.
 *
 * @param name of the function
 * @param text its source, macros undefined behind it
 */
record KernelFunction(String name, String text) {
    private static final Pattern KERNEL = Pattern.compile("(?m)^kernel\\s[^;{}]*?\\bvoid (\\w+)\\(([^{]*)\\) \\{");
    private static final Pattern FUNCTION = Pattern.compile("(?m)^static inline [\\w *]*?(\\w+)\\(");
    private static final Pattern TYPE = Pattern.compile("(?m)^(?:typedef \\w+ |\\} )(\\w+);");
    private static final Pattern MACRO = Pattern.compile("(?m)^#define (\\w+)");

    static KernelFunction of(ProgramSpec spec, String suffix) {
        String text = asFunction(spec);
        Set<String> names = new LinkedHashSet<>(found(FUNCTION, text));
        names.addAll(found(TYPE, text));
        for (String name : names) {
            text = text.replaceAll("\\b" + name + "\\b", name + suffix);
        }
        // With one work-item in a group, local memory is its own and nobody waits.
        StringBuilder whole = new StringBuilder("#define local\n#define barrier(flags)\n#define HELPING 1\n")
                .append(text)
                .append('\n');
        Set<String> macros = new LinkedHashSet<>(found(MACRO, whole.toString()));
        macros.forEach(macro -> whole.append("#undef ").append(macro).append('\n'));
        return new KernelFunction(spec.kernel() + suffix, whole.toString());
    }

    private static String asFunction(ProgramSpec spec) {
        Matcher kernel = KERNEL.matcher(spec.text());
        if (!kernel.find()) {
            throw new IllegalStateException(spec + " has no kernel");
        }
        String signature = "static inline void " + kernel.group(1) + "(" + kernel.group(2)
                + ", int group_0, int groups_0, int group_1, int groups_1, volatile global int *taken) {";
        return kernel.replaceFirst(Matcher.quoteReplacement(signature))
                .replaceAll("get_(?:group|global)_id\\((\\d)\\)", "group_$1")
                .replaceAll("get_(?:num_groups|global_size)\\((\\d)\\)", "groups_$1")
                .replaceAll("get_local_id\\(\\d\\)", "0");
    }

    private static List<String> found(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(m -> m.group(1)).toList();
    }
}
