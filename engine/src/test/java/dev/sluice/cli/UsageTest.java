package dev.sluice.cli;

import static dev.sluice.cli.CommandRun.tinyModel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Help, wrong usage, and failures that have nothing to do with a single command. */
class UsageTest {
    private static final String MODEL = tinyModel("llama3-gqa").toString();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "generate",
                "chat",
                "tokenize",
                "logits",
                "bench",
                "perplexity",
                "calibrate",
                "devices",
                "inspect"
            })
    void everyCommandHasHelpWithAnExample(String command) {
        CommandRun help = CommandRun.of(command, "--help").succeeds();
        assertTrue(help.out().contains("Example:"), help.out());
        assertTrue(CommandRun.of("--help").succeeds().out().contains("  " + command + " "));
    }

    @Test
    void versionNamesSluiceAndJava() {
        List<String> lines = CommandRun.of("--version").succeeds().out().lines().toList();
        assertTrue(lines.getFirst().startsWith("sluice "));
        assertTrue(lines.get(1).startsWith("Java " + Runtime.version().feature()), lines::toString);
    }

    @Test
    void wrongUsageExitsWithTwoAndNamesWhatIsWrong() {
        CommandRun.of().fails(2, "a command is missing");
        CommandRun.of("compose").fails(2, "compose");
        CommandRun.of("generate").fails(2, "--model");
        CommandRun.of("generate", "--model", MODEL).fails(2, "-p=TEXT", "--tokens=IDS");
        CommandRun.of("generate", "--model", MODEL, "--prompt", "a", "--tokens", "1")
                .fails(2, "mutually exclusive");
        CommandRun.of("generate", "--model", MODEL, "--prompt", "a", "--no-such-option")
                .fails(2, "--no-such-option");
        CommandRun.of("inspect").fails(2, "FILE");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--threads=abc",
                "--threads=-1",
                "--threads=100000",
                "--ctx=-5",
                "--ctx=1e3",
                "--kv=f64",
                "--memory=lots",
                "--memory=0",
                "--memory=cpu",
                "--memory=cpu=",
                "--max-tokens=-2",
                "--max-tokens=99999999999",
                "--temperature=-1",
                "--temperature=NaN",
                "--top-k=-1",
                "--top-p=0",
                "--top-p=1.5",
                "--min-p=1",
                "--repeat-penalty=0",
                "--repeat-window=-1",
                "--seed=x",
                "--stop="
            })
    void aValueOutOfRangeIsWrongUsageAndNamesTheOption(String option) {
        String name = option.substring(0, option.indexOf('='));
        CommandRun.of("generate", "--model", MODEL, "--device", "cpu", "--prompt", "a", option)
                .fails(2, name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1,,2", "1,b", "-1", "1.5", "4294967296"})
    void tokenIdsThatAreNoneAreWrongUsage(String ids) {
        CommandRun.of("generate", "--model", MODEL, "--tokens=" + ids).fails(2, "--tokens");
    }

    @Test
    void aMissingModelIsOneLineThatNamesIt() {
        for (String command : List.of(
                "generate --prompt a",
                "logits --tokens 1 --out x",
                "tokenize",
                "chat",
                "bench",
                "perplexity --file pom.xml")) {
            String[] args = (command + " --model no/such.gguf").split(" ", -1);
            CommandRun run = CommandRun.of(args).fails(1, "no/such.gguf");
            assertEquals(1, run.err().lines().count(), run.err());
            assertEquals("", run.out());
        }
    }

    @Test
    void aDeviceThatIsNotThereIsNamedWithThoseThatAre() {
        CommandRun.of("generate", "--model", MODEL, "--prompt", "a", "--device", "abacus")
                .fails(1, "abacus", "cpu");
        CommandRun.of("generate", "--model", MODEL, "--prompt", "a", "--device", "opencl:77")
                .fails(1, "opencl:77");
    }

    @Test
    void aModelThatDoesNotFitIsRefusedWithTheNumbers() {
        CommandRun.of("generate", "--model", MODEL, "--device", "cpu", "--prompt", "a", "--memory", "100K")
                .fails(1, "does not fit", "KV cache");
        CommandRun.of("generate", "--model", MODEL, "--device", "cpu", "--prompt", "a", "--memory", "cpu=100K")
                .fails(1, "does not fit");
        CommandRun.of(
                        "generate",
                        "--model",
                        MODEL,
                        "--device",
                        "cpu",
                        "--tokens",
                        "1",
                        "--memory",
                        "opencl:0=1K",
                        "-n1")
                .succeeds();
    }

    @Test
    void verboseShowsWhereAFailureComesFrom() {
        CommandRun run = CommandRun.of("tokenize", "--verbose", "--model", "no/such.gguf");
        assertEquals(1, run.code());
        assertTrue(run.err().contains("\tat dev.sluice"), run.err());
    }

    @Test
    void aFolderOrAnUnknownFileIsNoModel() {
        CommandRun.of("tokenize", "--model", Path.of("src").toString()).fails(1, "src");
        CommandRun.of("tokenize", "--model", "pom.xml").fails(1, "pom.xml");
    }
}
