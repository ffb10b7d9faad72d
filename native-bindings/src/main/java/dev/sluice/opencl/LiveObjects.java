package dev.sluice.opencl;

import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Collectors;

/** How many native objects of this facade are open in this process: what a leak check compares before and after. */
public final class LiveObjects {
    private static final Map<NativeHandle.Kind, AtomicLong> OPEN =
            Collections.unmodifiableMap(Arrays.stream(NativeHandle.Kind.values())
                    .collect(Collectors.toMap(Function.identity(), kind -> new AtomicLong())));

    private LiveObjects() {}

    /** The number of open objects of all kinds. */
    public static long count() {
        return OPEN.values().stream().mapToLong(AtomicLong::get).sum();
    }

    /** The number of open objects by kind ({@code buffer}, {@code kernel}, …); kinds without any are left out. */
    public static Map<String, Long> snapshot() {
        Map<String, Long> snapshot = new TreeMap<>();
        OPEN.forEach((kind, open) -> {
            if (open.get() != 0) {
                snapshot.put(kind.words, open.get());
            }
        });
        return snapshot;
    }

    @SuppressWarnings("NullAway") // every kind has its counter
    static AtomicLong of(NativeHandle.Kind kind) {
        return OPEN.get(kind);
    }
}
