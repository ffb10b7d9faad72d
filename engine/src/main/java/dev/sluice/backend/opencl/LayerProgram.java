package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.NDRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The launches of a layer as one: a program whose kernel calls what the kernels of the layer do, one after the other, with a
 * meeting of all its work-groups ({@code meeting.cl}) between them. The kernels' own sources are used
 * ({@link KernelFunction}); sizes are literals.
 *
 * <p>The kernel's arguments: the meeting's words, how long to wait there, the position, the capacity of the cache, then the
 * {@link Made#buffers}.
 */
record LayerProgram(String text, String label) implements ProgramSource {
    @Override
    public String kernel() {
        return "layer";
    }

    @Override
    public String standard() {
        return ProgramSpec.COMMON;
    }

    @Override
    public String toString() {
        return label;
    }

    /** A program and what its kernel's buffers are, by their numbers in the first of two traces. */
    record Made(LayerProgram program, List<Buffer> buffers) {}

    /**
     * Makes the program of a layer from two traces of its launches, at different positions and with caches of different
     * capacities, which show what changes from step to step.
     *
     * @param changing the buffers of the first trace that others may take the place of, and those of the second
     * @return empty if something changes that is neither a buffer nor the position nor the capacity
     */
    static Optional<Made> of(
            List<TracedLaunch> first,
            List<TracedLaunch> second,
            Map<Buffer, Buffer> changing,
            int[] positions,
            int[] capacities) {
        Maker maker = new Maker(changing, positions, capacities);
        if (first.size() != second.size()) {
            return Optional.empty();
        }
        for (int i = 0; i < first.size(); i++) {
            if (!maker.call(first.get(i), second.get(i))) {
                return Optional.empty();
            }
        }
        return Optional.of(maker.made());
    }

    private static final class Maker {
        private final Map<Buffer, Buffer> changing;
        private final int[] positions;
        private final int[] capacities;
        private final Map<ProgramSpec, String> functions = new HashMap<>();
        private final Map<Buffer, String> buffers = new LinkedHashMap<>();
        private final StringBuilder sources = new StringBuilder();
        private final StringBuilder calls = new StringBuilder();
        private int panelBytes = 16;

        Maker(Map<Buffer, Buffer> changing, int[] positions, int[] capacities) {
            this.changing = changing;
            this.positions = positions;
            this.capacities = capacities;
        }

        /** Appends a call; false if it differs between the traces in a way that is not understood. */
        boolean call(TracedLaunch one, TracedLaunch other) {
            if (!one.spec().equals(other.spec()) || !one.range().equals(other.range())) {
                return false;
            }
            List<String> arguments = new ArrayList<>();
            for (int i = 0; i < one.arguments().size(); i++) {
                Optional<String> argument =
                        argument(one.arguments().get(i), other.arguments().get(i));
                if (argument.isEmpty()) {
                    return false;
                }
                arguments.add(argument.get());
            }
            if (!calls.isEmpty()) {
                calls.append("    if (!meet(meeting, groups, patience)) {\n        return;\n    }\n");
            }
            calls.append(
                    work(one.spec(), one.range(), functions.computeIfAbsent(one.spec(), this::function), arguments));
            return true;
        }

        private Optional<String> argument(TracedLaunch.Argument one, TracedLaunch.Argument other) {
            if (one.kind() != other.kind()) {
                return Optional.empty();
            }
            return switch (one.kind()) {
                case BUFFER -> buffer(one.buffer(), other.buffer());
                case LOCAL -> {
                    panelBytes = Math.max(panelBytes, Math.max(one.bits(), other.bits()));
                    yield Optional.of("(void *)panel");
                }
                case F32 ->
                    one.bits() == other.bits()
                            ? Optional.of(Float.toHexString(Float.intBitsToFloat(one.bits())) + "f")
                            : Optional.empty();
                case I32 -> {
                    if (one.bits() == other.bits()) {
                        yield Optional.of(String.valueOf(one.bits()));
                    }
                    if (one.bits() == positions[0] && other.bits() == positions[1]) {
                        yield Optional.of("position");
                    }
                    yield one.bits() == capacities[0] && other.bits() == capacities[1]
                            ? Optional.of("capacity")
                            : Optional.empty();
                }
            };
        }

        private Optional<String> buffer(@Nullable Buffer one, @Nullable Buffer other) {
            if (one == null) {
                return other == null ? Optional.of("0") : Optional.empty();
            }
            if (one != other && changing.get(one) != other) {
                return Optional.empty();
            }
            return Optional.of("(global void *)" + buffers.computeIfAbsent(one, b -> "b" + buffers.size()));
        }

        /** The loop by which a work-group of the layer does its share of a launch's groups. */
        private static String work(ProgramSpec spec, NDRange range, String function, List<String> arguments) {
            long groups0 = range.globalX() / Math.max(1, range.localX());
            long groups1 = range.globalY() / Math.max(1, range.localY());
            String call = function + "(" + String.join(", ", arguments) + ", ";
            // These divide their work among any number of groups; the others have a piece for each.
            return switch (spec.kernel()) {
                case "matvec", "matvec_dot", "activation" -> "    " + call + "group, groups, 0, 1);\n";
                case "rope" -> "    " + call + "0, 1, group, groups);\n";
                default ->
                    "    for (int i = group; i < " + groups0 * groups1 + "; i += groups) {\n        " + call + "i % "
                            + groups0 + ", " + groups0 + ", i / " + groups0 + ", " + groups1 + ");\n    }\n";
            };
        }

        /** Adds a kernel as a function, whose name is returned. */
        private String function(ProgramSpec spec) {
            KernelFunction function = KernelFunction.of(spec, "_" + functions.size());
            sources.append(function.text());
            return function.name();
        }

        Made made() {
            StringBuilder text = new StringBuilder(KernelText.of("meeting.cl", Map.of()));
            text.append(sources);
            text.append("kernel __attribute__((reqd_work_group_size(1, 1, 1)))\n")
                    .append("void layer(volatile global int *meeting, int patience, int position, int capacity");
            buffers.values().forEach(name -> text.append(", global uchar *").append(name));
            text.append(") {\n    int panel[")
                    .append(Math.ceilDiv(panelBytes, Integer.BYTES))
                    .append("];\n    int group = get_group_id(0);\n    int groups = get_num_groups(0);\n")
                    .append("    if (meeting[BROKEN]) {\n        return;\n    }\n")
                    .append(calls)
                    .append("}\n");
            return new Made(new LayerProgram(text.toString(), "layer"), List.copyOf(buffers.keySet()));
        }
    }
}
