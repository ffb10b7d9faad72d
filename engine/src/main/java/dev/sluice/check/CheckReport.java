package dev.sluice.check;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sluice.backend.DevicePeaks;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a check found. Rates are per second, times in seconds, shares of 1.
 *
 * @param engine name and version
 * @param started when, in UTC
 * @param complete whether all parts have run, well or not
 * @param quick whether figures mean little
 * @param machine what it ran on, besides the device: keys and values for people
 * @param device the device: keys and values for people, those of {@code sluice devices} among them
 * @param peaks what the device reaches at best; null if it was not measured
 * @param agreements results beside the reference's
 * @param shares what kernels reach of the peaks
 * @param speeds tokens per second
 * @param problems what could not be done, a sentence each
 */
public record CheckReport(
        String engine,
        String started,
        boolean complete,
        boolean quick,
        Map<String, String> machine,
        Map<String, String> device,
        @Nullable DevicePeaks peaks,
        List<Agreement> agreements,
        List<Share> shares,
        List<Speed> speeds,
        List<String> problems) {
    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    public CheckReport {
        machine = Collections.unmodifiableMap(new LinkedHashMap<>(machine));
        device = Collections.unmodifiableMap(new LinkedHashMap<>(device));
        agreements = List.copyOf(agreements);
        shares = List.copyOf(shares);
        speeds = List.copyOf(speeds);
        problems = List.copyOf(problems);
    }

    /**
     * A result beside the scalar reference's.
     *
     * @param what was computed, for people
     * @param nmse mean squared error of the logits over their variance; NaN if one of them is no number
     * @param limit what it may be (docs/PRECISION.md)
     * @param passes whether it is no more
     */
    public record Agreement(String what, double nmse, double limit, boolean passes) {}

    /**
     * What a kernel reaches of a peak that was measured in turn with it.
     *
     * @param kernel GEMV, GEMM or attention
     * @param format of the weights, or of the KV cache
     * @param shape for people
     * @param tokens of a step
     * @param layers in one submission
     * @param seconds of a submission, the median
     * @param rate bytes or floating-point operations per second, from the median
     * @param unit {@code B/s} or {@code FLOP/s}
     * @param peak the median of the yardstick's samples
     * @param share the median of the shares of single samples
     * @param bar what it ought to be
     */
    public record Share(
            String kernel,
            String format,
            String shape,
            int tokens,
            int layers,
            double seconds,
            double rate,
            String unit,
            double peak,
            double share,
            double bar) {}

    /**
     * How fast a model is.
     *
     * @param model for people
     * @param test {@code pp512}, {@code tg128}, as in llama-bench
     * @param tokensPerSecond the median
     * @param bytesPerSecond weights, keys and values that this reads
     * @param profile what the device launched in one more repetition, where it keeps a record
     */
    public record Speed(
            String model,
            String test,
            double tokensPerSecond,
            double bytesPerSecond,
            @Nullable String profile) {}

    /** Whether everything that was computed is right. */
    public boolean agrees() {
        return agreements.stream().allMatch(Agreement::passes);
    }

    /** Whether nothing was found but problems. */
    @JsonIgnore
    public boolean isEmpty() {
        return peaks == null && agreements.isEmpty() && shares.isEmpty() && speeds.isEmpty();
    }

    /** As one JSON object, its keys in snake case. */
    public String json() {
        try {
            return JSON.writeValueAsString(this) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the report cannot be written as JSON", e);
        }
    }

    /**
     * Reads what {@link #json()} wrote.
     *
     * @throws IllegalArgumentException if it is something else
     */
    public static CheckReport parse(String json) {
        try {
            return JSON.readValue(json, CheckReport.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("this is no report of a check: " + e.getOriginalMessage(), e);
        }
    }
}
