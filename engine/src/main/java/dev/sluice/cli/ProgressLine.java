package dev.sluice.cli;

import dev.sluice.runtime.Progress;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/** One line on a terminal that says how far long work has come, and is gone when it is done. */
final class ProgressLine implements Progress, AutoCloseable {
    /** Short work is over before anybody could read of it. */
    private static final long PATIENCE_NANOS = 300_000_000;

    private final @Nullable PrintStream terminal;
    private final long started = System.nanoTime();
    private String shown = "";

    private ProgressLine(@Nullable PrintStream terminal) {
        this.terminal = terminal;
    }

    /** A line on standard error if that is a terminal and nobody asked for quiet; else one that says nothing. */
    static ProgressLine on(Streams streams, CommonOptions common) {
        return new ProgressLine(streams.progress() && !common.quiet() ? streams.err() : null);
    }

    @Override
    public synchronized void report(String what, long done, long total) {
        if (terminal == null || System.nanoTime() - started < PATIENCE_NANOS) {
            return;
        }
        String line = done >= total ? "" : what + " " + 100 * done / Math.max(1, total) + " %";
        if (!line.equals(shown)) {
            terminal.print("\r\033[K" + line);
            terminal.flush();
            shown = line;
        }
    }

    /** Wipes the line. */
    @Override
    public synchronized void close() {
        if (terminal != null && !shown.isEmpty()) {
            terminal.print("\r\033[K");
            terminal.flush();
            shown = "";
        }
    }
}
