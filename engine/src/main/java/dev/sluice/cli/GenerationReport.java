package dev.sluice.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.Model;
import dev.sluice.runtime.Generation;
import dev.sluice.system.ResidentMemory;
import java.io.PrintStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What is told of a generation besides its text: speeds, the time to the first token, the path it took. */
final class GenerationReport {
    private static final double MILLISECOND = 1e6;

    private final Model model;
    private final Generation result;
    private final StartTimes times;
    private final @Nullable RunStats stats;

    GenerationReport(Model model, Generation result, StartTimes times, @Nullable RunStats stats) {
        this.model = model;
        this.result = result;
        this.times = times;
        this.stats = stats;
    }

    /** Three lines for people; a fourth on the start if they ask for more. */
    void print(PrintStream err, boolean verbose) {
        Generation.Timings timings = result.timings();
        err.println();
        err.printf(Locale.ROOT, "path    %s: %s%n", model.device().id(), model.path());
        err.printf(
                Locale.ROOT,
                "prompt  %d tokens, %.1f tokens/s; first token after %.0f ms (and %.0f ms to load the model)%n",
                result.promptTokens(),
                result.prefillRate(),
                timings.prefill() / MILLISECOND,
                times.loadMillis());
        err.printf(
                Locale.ROOT,
                "reply   %d tokens, %.1f tokens/s; ended by: %s%n",
                result.tokens().size(),
                result.decodeRate(),
                ending());
        if (verbose) {
            err.println(times);
        }
    }

    private String ending() {
        return switch (result.finishReason()) {
            case END -> "the model";
            case STOP -> "a stop text";
            case LENGTH -> "--max-tokens";
            case CONTEXT -> "the end of the context (--ctx)";
            case CANCELLED -> "interruption";
        };
    }

    /** One JSON object; the timings' names are those of llama.cpp's server. */
    String json() throws JsonProcessingException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode root = mapper.createObjectNode();
        root.put("text", result.text());
        ArrayNode tokens = root.putArray("tokens");
        result.tokens().forEach(tokens::add);
        root.put("prompt_tokens", result.promptTokens());
        root.put("finish_reason", finishReason());
        ObjectNode timings = root.putObject("timings");
        times.millis().ifPresent(millis -> timings.put("startup_ms", millis));
        timings.put("load_ms", times.loadMillis());
        timings.put("prompt_n", result.promptTokens());
        timings.put("prompt_ms", result.timings().prefill() / MILLISECOND);
        timings.put("prompt_per_second", result.prefillRate());
        timings.put("predicted_n", result.tokens().size());
        timings.put("predicted_ms", result.timings().decode() / MILLISECOND);
        timings.put("predicted_per_second", result.decodeRate());
        ResidentMemory.peak().ifPresent(bytes -> root.put("peak_memory_bytes", bytes));
        root.put("device", model.device().id());
        root.put("path", model.path());
        if (stats != null) {
            stats.addTo(root);
        }
        return mapper.writeValueAsString(root);
    }

    /** The words of OpenAI's API. */
    private String finishReason() {
        return switch (result.finishReason()) {
            case END, STOP -> "stop";
            case LENGTH, CONTEXT -> "length";
            case CANCELLED -> "cancelled";
        };
    }
}
