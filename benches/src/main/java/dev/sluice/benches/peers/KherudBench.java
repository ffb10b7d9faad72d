package dev.sluice.benches.peers;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.LlamaOutput;
import de.kherud.llama.ModelParameters;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * de.kherud:llama (llama.cpp through JNI), measured as near to llama-bench as its interface allows, and reported with
 * llama-bench's JSON keys. It has no calls below a completion, so:
 *
 * <ul>
 *   <li>a prompt test is the time from the request to its first token, which includes choosing that token,
 *   <li>a generation test is the time from the first token to the last of those behind it, behind a prompt of one word or
 *       of the depth.
 * </ul>
 */
public final class KherudBench {
    private static final String WORD = " the";

    private final Arguments arguments;
    private final LlamaModel model;

    private KherudBench(Arguments arguments, LlamaModel model) {
        this.arguments = arguments;
        this.model = model;
    }

    /** Prints a JSON array of results, or the answer to {@code --answer}. */
    public static void main(String[] args) {
        Arguments arguments = Arguments.parse(args);
        ModelParameters parameters = new ModelParameters()
                .setModel(arguments.model())
                .setThreads(arguments.threads())
                .setThreadsBatch(arguments.threads())
                .setCtxSize(arguments.contextNeeded())
                .disableLog();
        PrintStream results = System.out;
        System.setOut(System.err); // the library says there where it unpacks itself to
        try (LlamaModel model = new LlamaModel(parameters)) {
            System.setOut(results);
            KherudBench bench = new KherudBench(arguments, model);
            if (arguments.answer().isEmpty()) {
                System.out.println(bench.rows().stream().collect(Collectors.joining(",\n ", "[", "]")));
            } else {
                bench.answer();
            }
        }
        System.out.flush();
        // The library leaves a native thread attached, for which the JVM would wait for ever.
        Runtime.getRuntime().halt(0);
    }

    private void answer() {
        for (LlamaOutput output : model.generate(request(arguments.answer(), arguments.generated()))) {
            System.out.print(output.text);
            System.out.flush();
        }
    }

    private List<String> rows() {
        List<String> rows = new ArrayList<>();
        if (arguments.prompt() > 0) {
            String text = promptOf(arguments.prompt());
            rows.add(row(arguments.prompt(), 0, samples(() -> arguments.prompt() / untilFirstToken(text))));
        }
        if (arguments.generated() > 0) {
            String text = promptOf(Math.max(1, arguments.depth()));
            rows.add(row(0, arguments.generated(), samples(() -> arguments.generated() / behindFirstToken(text))));
        }
        return rows;
    }

    /** A measurement of tokens per second. */
    @FunctionalInterface
    private interface Rate {
        double measure();
    }

    private double[] samples(Rate rate) {
        rate.measure(); // what a first call does alone is not counted
        double[] samples = new double[arguments.repetitions()];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = rate.measure();
        }
        return samples;
    }

    private double untilFirstToken(String prompt) {
        long start = System.nanoTime();
        Iterator<LlamaOutput> tokens = model.generate(request(prompt, 1)).iterator();
        tokens.next();
        double seconds = secondsSince(start);
        tokens.forEachRemaining(token -> {});
        return seconds;
    }

    private double behindFirstToken(String prompt) {
        Iterator<LlamaOutput> tokens =
                model.generate(request(prompt, 1 + arguments.generated())).iterator();
        tokens.next();
        long start = System.nanoTime();
        tokens.forEachRemaining(token -> {});
        return secondsSince(start);
    }

    private static double secondsSince(long start) {
        return 1e-9 * (System.nanoTime() - start);
    }

    private static InferenceParameters request(String prompt, int tokens) {
        return new InferenceParameters(prompt)
                .setNPredict(tokens)
                .setIgnoreEos(true)
                .setCachePrompt(false)
                .setTemperature(0);
    }

    /** A text of so many tokens, the one at the beginning that the model adds itself included where it does. */
    private String promptOf(int tokens) {
        String text = WORD.repeat(tokens);
        int excess = model.encode(text).length - tokens;
        return excess > 0 && excess < tokens ? WORD.repeat(tokens - excess) : text;
    }

    private static String row(int prompt, int generated, double[] samples) {
        double sum = 0;
        StringBuilder list = new StringBuilder();
        for (double sample : samples) {
            sum += sample;
            list.append(list.isEmpty() ? "" : ", ").append(String.format(Locale.ROOT, "%.3f", sample));
        }
        return String.format(
                Locale.ROOT,
                "{\"n_prompt\": %d, \"n_gen\": %d, \"avg_ts\": %.3f, \"samples_ts\": [%s]}",
                prompt,
                generated,
                sum / samples.length,
                list);
    }
}
