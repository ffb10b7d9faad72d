package dev.sluice.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** How much memory this process holds, Java's heap, native memory and mapped files together. */
public final class ResidentMemory {
    private static final Path STATUS = Path.of("/proc/self/status");

    private ResidentMemory() {}

    /** Bytes held now; empty where the system does not tell (other than Linux). */
    public static OptionalLong current() {
        return bytes("VmRSS:");
    }

    /** The most bytes held so far; empty where the system does not tell (other than Linux). */
    public static OptionalLong peak() {
        return bytes("VmHWM:");
    }

    /** Bytes held now that are no pages of files; empty where the system does not tell (other than Linux). */
    public static OptionalLong unreclaimable() {
        return bytes("RssAnon:");
    }

    private static OptionalLong bytes(String label) {
        if (!Files.isReadable(STATUS)) {
            return OptionalLong.empty();
        }
        try {
            return parse(Files.readAllLines(STATUS), label);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + STATUS, e);
        }
    }

    /** Finds a line such as {@code VmRSS:    12345 kB}. */
    static OptionalLong parse(List<String> status, String label) {
        for (String line : status) {
            if (line.startsWith(label)) {
                return OptionalLong.of(Long.parseLong(line.replaceAll("\\D", "")) * 1024);
            }
        }
        return OptionalLong.empty();
    }
}
