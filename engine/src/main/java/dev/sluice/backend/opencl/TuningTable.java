package dev.sluice.backend.opencl;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** What was found to be fastest, by {@link TuneKey#text} or {@link TuneKey#general}. */
record TuningTable(Map<String, Choice> choices) {
    static final TuningTable EMPTY = new TuningTable(Map.of());

    /**
     * The values that are to replace a device's own; none if its own are the fastest.
     *
     * @param speedUp how many times as fast as its own they were
     * @param kernels a hash of the sources that were measured; empty if the values are taken with any
     */
    record Choice(Map<Knob, Integer> values, double speedUp, String kernels) {
        Choice {
            values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
        }

        /** A tuning with those values that a device allows. */
        DeviceTuning applied(DeviceTuning base, KnobLimits limits) {
            DeviceTuning tuning = base;
            for (Map.Entry<Knob, Integer> value : values.entrySet()) {
                if (limits.allow(value.getKey(), value.getValue())) {
                    tuning = value.getKey().with(tuning, value.getValue());
                }
            }
            return tuning;
        }
    }

    TuningTable {
        choices = Collections.unmodifiableMap(new LinkedHashMap<>(choices));
    }

    /** The closest choice for a key that was measured with these kernels. */
    Optional<Choice> find(TuneKey key, Supplier<String> kernels) {
        return key.texts().stream()
                .flatMap(text -> Optional.ofNullable(choices.get(text)).stream())
                .filter(choice -> choice.kernels().isEmpty() || choice.kernels().equals(kernels.get()))
                .findFirst();
    }

    /** With more choices, which replace those of the same keys. */
    TuningTable with(Map<String, Choice> more) {
        Map<String, Choice> all = new LinkedHashMap<>(choices);
        all.putAll(more);
        return new TuningTable(all);
    }
}
