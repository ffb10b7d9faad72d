package dev.sluice.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How long steps were with each of several devices, as the host sees it: from where activations arrive there to where they
 * have come back. The last device is not among them, as nobody waits for it within a step. Thread-safe.
 */
final class PartTimes {
    private final AtomicLongArray prompts;
    private final AtomicLongArray decoding;

    PartTimes(int parts) {
        prompts = new AtomicLongArray(parts - 1);
        decoding = new AtomicLongArray(parts - 1);
    }

    void add(int part, boolean prompt, long nanos) {
        (prompt ? prompts : decoding).addAndGet(part, nanos);
    }

    List<Long> prompts() {
        return list(prompts);
    }

    List<Long> decoding() {
        return list(decoding);
    }

    private static List<Long> list(AtomicLongArray array) {
        List<Long> list = new ArrayList<>();
        for (int i = 0; i < array.length(); i++) {
            list.add(array.get(i));
        }
        return list;
    }
}
