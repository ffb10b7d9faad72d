package dev.sluice.backend.opencl;

import dev.sluice.error.SluiceException;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a device was found to do; {@code SLUICE_OPENCL_WITHOUT} names what is not to be used all the same. */
final class Capabilities {
    static final String WITHOUT = "SLUICE_OPENCL_WITHOUT";

    private Capabilities() {}

    /** Those that are there and not switched off. */
    static Set<Capability> allowed(Set<Capability> found) {
        return allowed(found, System.getenv(WITHOUT));
    }

    /**
     * Those that are there and not in a list.
     *
     * @param without capabilities by their labels, between commas; null or empty for none
     * @throws SluiceException if one does not exist
     */
    static Set<Capability> allowed(Set<Capability> found, @Nullable String without) {
        Set<Capability> allowed = EnumSet.noneOf(Capability.class);
        allowed.addAll(found);
        allowed.removeAll(refused(without));
        return Collections.unmodifiableSet(allowed);
    }

    private static Set<Capability> refused(@Nullable String list) {
        Set<Capability> refused = EnumSet.noneOf(Capability.class);
        if (list == null || list.isBlank()) {
            return refused;
        }
        for (String word : list.split(",", -1)) {
            String wanted = word.strip().toLowerCase(Locale.ROOT);
            if (wanted.equals("all")) {
                return EnumSet.allOf(Capability.class);
            }
            refused.add(Arrays.stream(Capability.values())
                    .filter(c -> c.label().equals(wanted))
                    .findFirst()
                    .orElseThrow(() -> new SluiceException(WITHOUT + ": there is no capability '" + word.strip()
                            + "'; there are all, " + labels(EnumSet.allOf(Capability.class)))));
        }
        return refused;
    }

    /** For people. */
    static String labels(Set<Capability> capabilities) {
        return capabilities.isEmpty()
                ? "none"
                : capabilities.stream().map(Capability::label).collect(Collectors.joining(", "));
    }
}
