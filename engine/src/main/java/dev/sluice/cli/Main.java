package dev.sluice.cli;

import dev.sluice.system.StandardError;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The {@code sluice} command. Exit codes: 0 done, 1 failed (one message on standard error), 2 wrong usage. Standard
 * output holds results alone.
 */
@Command(
        name = "sluice",
        synopsisSubcommandLabel = "COMMAND",
        description = {"Large language models from Java, on any OpenCL device or the CPU.", ""},
        versionProvider = Version.class,
        footer = {
            "",
            "'sluice COMMAND --help' describes a command. For a first try:",
            "  scripts/fetch-model smollm2",
            "  scripts/sluice generate --model ~/.cache/sluice/models/SmolLM2-135M-Instruct.Q4_1.gguf \\",
            "      --prompt \"The capital of France is\""
        })
public final class Main implements Runnable {
    /** By name, so that only the one that is meant is made: reading the annotations of all takes a tenth of a second. */
    private static final Map<String, Function<Streams, Object>> COMMANDS = commands();

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    @SuppressWarnings("UnusedVariable") // picocli acts on it
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Show the version.")
    @SuppressWarnings("UnusedVariable") // picocli acts on it
    private boolean version;

    /** Runs a command and ends the JVM with its exit code. */
    public static void main(String[] args) {
        // The launcher filters what the JVM itself prints while it starts; from here on the terminal is ours.
        String original = System.getProperty("sluice.stderr.fd");
        if (original != null) {
            StandardError.restore(Integer.parseInt(original));
        }
        System.exit(run(args, Streams.standard()));
    }

    private static Map<String, Function<Streams, Object>> commands() {
        Map<String, Function<Streams, Object>> all = new LinkedHashMap<>();
        all.put("generate", GenerateCommand::new);
        all.put("chat", ChatCommand::new);
        all.put("tokenize", TokenizeCommand::new);
        all.put("logits", LogitsCommand::new);
        all.put("bench", BenchCommand::new);
        all.put("perplexity", PerplexityCommand::new);
        all.put("calibrate", CalibrateCommand::new);
        all.put("devices", DevicesCommand::new);
        all.put("plan", PlanCommand::new);
        all.put("check", CheckCommand::new);
        all.put("inspect", InspectCommand::new);
        all.put("practice", PracticeCommand::new);
        return all;
    }

    /** Runs a command with given streams and returns its exit code. */
    static int run(String[] args, Streams streams) {
        Logging.configure(args);
        CommandLine commandLine = new CommandLine(new Main());
        Function<Streams, Object> meant = args.length == 0 ? null : COMMANDS.get(args[0]);
        if (meant != null) {
            commandLine.addSubcommand(meant.apply(streams));
        } else {
            COMMANDS.values().forEach(command -> commandLine.addSubcommand(command.apply(streams)));
        }
        commandLine
                .setOut(streams.outWriter())
                .setErr(streams.errWriter())
                .setUsageHelpWidth(100)
                .setUsageHelpLongOptionsMaxWidth(34)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Failures::usage)
                .setExecutionExceptionHandler(Failures::execution);
        int code = commandLine.execute(args);
        streams.out().flush();
        if (streams.out().checkError() && code == 0) {
            streams.err().println("sluice: standard output could not be written (a full disk, or a closed pipe)");
            return 1;
        }
        return code;
    }

    /** Without a command: says what there is. */
    @Override
    public void run() {
        throw new UsageException(
                "a command is missing (generate, chat, tokenize, logits, bench, perplexity, calibrate, plan, devices,"
                        + " check or inspect)");
    }
}
