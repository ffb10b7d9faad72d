package dev.sluice.cli;

import dev.sluice.error.SluiceException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;

/** Turns what goes wrong into one message on standard error and an exit code. */
final class Failures {
    static final int FAILED = 1;
    static final int USAGE = 2;

    private Failures() {}

    /** Options that cannot be understood. */
    static int usage(CommandLine.ParameterException failure, String[] args) {
        String message = String.valueOf(failure.getMessage());
        return usage(failure.getCommandLine(), message.startsWith("Error: ") ? message.substring(7) : message);
    }

    private static int usage(CommandLine commandLine, String message) {
        String name = commandLine.getCommandSpec().qualifiedName();
        commandLine.getErr().println(name + ": " + message);
        commandLine.getErr().println("'" + name + " --help' lists the options");
        return USAGE;
    }

    /** Failures of a command at work. */
    static int execution(Exception failure, CommandLine commandLine, CommandLine.ParseResult parsed) {
        if (failure instanceof UsageException) {
            return usage(commandLine, String.valueOf(failure.getMessage()));
        }
        return report(
                failure, commandLine.getErr(), commandLine.getCommandSpec().qualifiedName(), isVerbose(parsed));
    }

    /** Prints one failure; the stack trace only where it was asked for. */
    static int report(Throwable failure, PrintWriter err, String name, boolean verbose) {
        err.println(name + ": " + message(failure, verbose));
        if (verbose) {
            failure.printStackTrace(err);
        }
        return FAILED;
    }

    private static String message(Throwable failure, boolean verbose) {
        return switch (failure) {
            case SluiceException e -> String.valueOf(e.getMessage());
            case IOException e -> describe(e);
            case OutOfMemoryError e ->
                "the Java heap is too small (" + (Runtime.getRuntime().maxMemory() >> 20)
                        + " MiB); SLUICE_JVM_OPTS=-Xmx4g gives it more";
            default ->
                "unexpected error: " + failure
                        + (verbose
                                ? ""
                                : " (a fault of Sluice; --verbose shows where, please report it with that output)");
        };
    }

    /** The message of these exceptions is the bare path. */
    private static String describe(IOException failure) {
        return switch (failure) {
            case NoSuchFileException e -> e.getFile() + ": there is no such file or folder";
            case AccessDeniedException e -> e.getFile() + ": permission denied";
            case FileSystemException e ->
                e.getFile() + ": " + (e.getReason() == null ? "cannot be read or written" : e.getReason());
            default -> String.valueOf(failure.getMessage() == null ? failure : failure.getMessage());
        };
    }

    private static boolean isVerbose(CommandLine.ParseResult parsed) {
        CommandLine.ParseResult last = parsed;
        while (last.hasSubcommand()) {
            last = last.subcommand();
        }
        return last.hasMatchedOption("--verbose");
    }
}
