package dev.sluice.backend.opencl;

import dev.sluice.backend.opencl.LayerCalls.Argument;
import dev.sluice.backend.opencl.LayerCalls.Call;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The launches of several layers as one: a program whose kernel calls what the kernels of each layer do, one after the other,
 * with a meeting of all its work-groups ({@code meeting.cl}) between them. The kernels' own sources are used
 * ({@link KernelFunction}), and layers that differ in nothing but their buffers share their code.
 *
 * <p>The kernel's arguments: the meeting's words, how long to wait there, the launch's turn, the position, the capacity of the caches,
 * then the buffers.
 */
record LayersProgram(String text) implements ProgramSource {
    @Override
    public String kernel() {
        return "layers";
    }

    @Override
    public String label() {
        return "layers";
    }

    @Override
    public String standard() {
        return ProgramSpec.COMMON;
    }

    @Override
    public String toString() {
        return label();
    }

    /** {@code buffers}: for each layer the numbers of the kernel's buffers that have its roles. */
    static LayersProgram of(List<LayerCalls> layers, List<List<Integer>> buffers) {
        return new LayersProgram(new Writer().text(layers, buffers));
    }

    private static final class Writer {
        private static final String MEETING = """
                            if (!meet(meeting, groups, patience)) {
                                return;
                            }
                            counts = counts_of(meeting, group, groups, ++phase);
                """;

        private final Map<ProgramSpec, String> functions = new LinkedHashMap<>();
        private final StringBuilder sources = new StringBuilder();
        private int panelBytes = 16;

        String text(List<LayerCalls> layers, List<List<Integer>> buffers) {
            List<List<Call>> kinds =
                    layers.stream().map(LayerCalls::calls).distinct().toList();
            StringBuilder cases = new StringBuilder();
            for (int k = 0; k < kinds.size(); k++) {
                cases.append("        case ").append(k).append(":\n");
                calls(kinds.get(k), cases);
                cases.append("            break;\n");
            }
            int count = buffers.stream()
                    .flatMap(List::stream)
                    .mapToInt(i -> i + 1)
                    .max()
                    .orElse(0);
            int most = buffers.stream().mapToInt(List::size).max().orElse(0);
            StringBuilder text = new StringBuilder(KernelText.of("meeting.cl", Map.of()));
            text.append(sources);
            text.append("kernel __attribute__((reqd_work_group_size(1, 1, 1)))\n")
                    .append(
                            "void layers(volatile global int *meeting, int patience, int turn, int position, int capacity");
            for (int i = 0; i < count; i++) {
                text.append(", global uchar *b").append(i);
            }
            text.append(") {\n    int panel[").append(Math.ceilDiv(panelBytes, Integer.BYTES));
            text.append("];\n    const int kinds[] = ")
                    .append(layers.stream()
                            .map(layer -> String.valueOf(kinds.indexOf(layer.calls())))
                            .collect(Collectors.joining(", ", "{", "};\n")));
            text.append("    global uchar *buffers[][").append(most).append("] = {\n");
            for (List<Integer> of : buffers) {
                text.append(of.stream().map(i -> "b" + i).collect(Collectors.joining(", ", "        {", "},\n")));
            }
            text.append("    };\n    int group = get_group_id(0);\n    int groups = get_num_groups(0);\n")
                    .append("    if (meeting[BROKEN]) {\n        return;\n    }\n")
                    .append("    int phase = first_phase(meeting, groups, turn);\n")
                    .append("    volatile global int *counts = counts_of(meeting, group, groups, phase);\n")
                    .append("    for (int layer = 0; layer < ")
                    .append(layers.size())
                    .append("; layer++) {\n        global uchar **b = buffers[layer];\n")
                    .append("        if (layer > 0) {\n")
                    .append(MEETING)
                    .append("        }\n")
                    .append("        switch (kinds[layer]) {\n")
                    .append(cases)
                    .append("        }\n    }\n}\n");
            return text.toString();
        }

        private void calls(List<Call> calls, StringBuilder to) {
            for (int i = 0; i < calls.size(); i++) {
                if (i > 0) {
                    to.append(MEETING);
                }
                work(calls.get(i), to);
            }
        }

        /** The loop by which a work-group does its share of a launch's groups. */
        private void work(Call call, StringBuilder to) {
            List<String> arguments = new ArrayList<>();
            call.arguments().forEach(argument -> arguments.add(argument(argument)));
            long groups0 = call.range().globalX() / Math.max(1, call.range().localX());
            long groups1 = call.range().globalY() / Math.max(1, call.range().localY());
            String function = functions.computeIfAbsent(call.spec(), this::function);
            String called = function + "(" + String.join(", ", arguments) + ", ";
            // These divide their work among any number of groups; the others have a piece for each.
            switch (call.spec().kernel()) {
                case "matvec", "matvec_dot", "activation" ->
                    to.append("            ").append(called).append("group, groups, 0, 1, counts);\n");
                case "rope" -> to.append("            ").append(called).append("0, 1, group, groups, counts);\n");
                default ->
                    to.append("            for (int i = group; i < ")
                            .append(groups0 * groups1)
                            .append("; i += groups) {\n                ")
                            .append(called)
                            .append("i % " + groups0 + ", " + groups0 + ", i / " + groups0 + ", " + groups1)
                            .append(", counts);\n            }\n");
            }
        }

        private String argument(Argument argument) {
            return switch (argument) {
                case Argument.Literal literal -> literal.text();
                case Argument.InRole in -> "(global void *)b[" + in.role() + "]";
                case Argument.Local local -> {
                    panelBytes = Math.max(panelBytes, local.bytes());
                    yield "(void *)panel";
                }
                case Argument.OfStep number ->
                    switch (number) {
                        case POSITION -> "position";
                        case CAPACITY -> "capacity";
                    };
            };
        }

        /** Adds a kernel as a function, whose name is returned. */
        private String function(ProgramSpec spec) {
            KernelFunction function = KernelFunction.of(spec, "_" + functions.size());
            sources.append(function.text());
            return function.name();
        }
    }
}
