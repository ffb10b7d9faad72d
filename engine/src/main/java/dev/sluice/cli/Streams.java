package dev.sluice.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/**
 * Where a command reads and writes; always UTF-8, whatever the locale.
 *
 * @param in standard input
 * @param out results
 * @param err messages and progress
 * @param progress whether {@code err} is a terminal, which progress may be drawn on
 */
record Streams(InputStream in, PrintStream out, PrintStream err, boolean progress) {
    /** The process's own streams. */
    static Streams standard() {
        PrintStream out = new PrintStream(
                new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16),
                false,
                StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        // Java cannot tell whether standard error is a terminal; the launcher can.
        return new Streams(System.in, out, err, Boolean.getBoolean("sluice.stderr.terminal"));
    }

    PrintWriter outWriter() {
        return new PrintWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), true);
    }

    PrintWriter errWriter() {
        return new PrintWriter(new OutputStreamWriter(err, StandardCharsets.UTF_8), true);
    }
}
