package dev.sluice.backend.opencl;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Tuning tables as lines of text, because every start reads one, and a library for JSON takes a tenth of a second to begin:
 *
 * <pre>
 * sluice tuning 1
 * # for people: what device this is of
 * q4_1 576x1536+1536 norm gated, one: ahead 0, groups_per_unit 1; 1.114; 806af9029cbcc076
 * </pre>
 *
 * The key of a shape, the values that replace the device's own, how many times as fast they are, and the hash of the kernels that
 * were measured ({@code any} if the values are taken with any kernels). No values: the device's own are the fastest.
 */
final class TuningFile {
    private static final String FIRST = "sluice tuning 1";
    private static final String ANY = "any";

    private TuningFile() {}

    /**
     * Reads a table.
     *
     * @throws IOException if it is damaged, of another version, or has values that no device can
     */
    static TuningTable read(List<String> lines) throws IOException {
        if (lines.isEmpty() || !lines.getFirst().equals(FIRST)) {
            throw new IOException("it does not begin with '" + FIRST + "'");
        }
        Map<String, TuningTable.Choice> choices = new LinkedHashMap<>();
        for (int i = 1; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.startsWith("#")) {
                continue;
            }
            int colon = line.indexOf(": ");
            String[] parts = (colon > 0 ? line.substring(colon + 2) : "").split(";", -1);
            if (parts.length != 3) {
                throw new IOException("line " + (i + 1) + " is not 'shape: values; speed-up; kernels'");
            }
            try {
                String kernels = parts[2].strip();
                choices.put(
                        line.substring(0, colon),
                        new TuningTable.Choice(
                                values(parts[0].strip()),
                                Double.parseDouble(parts[1].strip()),
                                kernels.equals(ANY) ? "" : kernels));
            } catch (IllegalArgumentException e) {
                throw new IOException("line " + (i + 1) + ": " + e.getMessage(), e);
            }
        }
        return new TuningTable(choices);
    }

    private static Map<Knob, Integer> values(String text) {
        Map<Knob, Integer> values = new LinkedHashMap<>();
        if (text.isEmpty()) {
            return values;
        }
        for (String value : text.split(", ", -1)) {
            String[] words = value.split(" ", -1);
            if (words.length != 2) {
                throw new IllegalArgumentException("'" + value + "' is not a parameter and its value");
            }
            Knob knob = knob(words[0]);
            values.put(knob, knob.parse(words[1]));
        }
        return values;
    }

    private static Knob knob(String label) {
        return Arrays.stream(Knob.values())
                .filter(k -> k.label().equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no parameter " + label));
    }

    /** Writes a table; {@code about} says for people what it is of. */
    static List<String> write(Map<String, String> about, TuningTable table) {
        List<String> lines = new ArrayList<>(List.of(FIRST));
        about.forEach((what, is) -> lines.add("# " + what + ": " + is.replaceAll("\\s+", " ")));
        table.choices().forEach((key, choice) -> {
            String values = choice.values().entrySet().stream()
                    .map(v -> v.getKey().label() + " " + v.getKey().text(v.getValue()))
                    .collect(Collectors.joining(", "));
            lines.add(String.format(
                    Locale.ROOT,
                    "%s: %s; %.3f; %s",
                    key,
                    values,
                    choice.speedUp(),
                    choice.kernels().isEmpty() ? ANY : choice.kernels()));
        });
        return lines;
    }
}
