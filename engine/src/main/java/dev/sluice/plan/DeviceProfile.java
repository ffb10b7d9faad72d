package dev.sluice.plan;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.error.SluiceException;
import dev.sluice.tensor.DType;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a device can do, as measured with our own kernels or taken from its specification.
 *
 * @param id how a user names it: {@code cpu}, {@code opencl:0}
 * @param name the device's own name
 * @param kind what it is made of
 * @param memoryBytes memory that may be used
 * @param largestAllocation the largest single allocation
 * @param hostMemory whether it computes from the host's memory: its weights then take nothing but that, and what it reads
 *     shares the host's bandwidth
 * @param rates products by weight format; {@link #ANY} stands for all formats that have no entry
 * @param heads the same of heads, which are one large product; formats that have no entry are as fast as {@code rates} says
 * @param choiceSeconds that finding the largest logit takes for each of them
 * @param kvBytesPerSecond bytes of KV cache that attention reads while decoding
 * @param attentionFlops operations of attention with hundreds of tokens
 * @param link copies from and to host memory; null: layers cannot be streamed to it
 * @param launchSeconds what a layer costs on top of its work: launches, meetings of threads
 * @param hopSeconds what beginning and ending a step on the device costs, with its activations handed on
 * @param restedHopSeconds the same when another device computed before it, so that its threads have to be woken, with its
 *     activations brought from the host, and what it makes of them brought there
 */
public record DeviceProfile(
        String id,
        String name,
        DeviceInfo.Kind kind,
        long memoryBytes,
        long largestAllocation,
        boolean hostMemory,
        Map<String, FormatRate> rates,
        Map<String, FormatRate> heads,
        double choiceSeconds,
        double kvBytesPerSecond,
        double attentionFlops,
        @Nullable LinkProfile link,
        double launchSeconds,
        double hopSeconds,
        double restedHopSeconds) {
    /** The name under which {@link #rates} holds what goes for all other formats. */
    public static final String ANY = "*";

    public DeviceProfile {
        rates = Collections.unmodifiableMap(new TreeMap<>(rates));
        heads = Collections.unmodifiableMap(new TreeMap<>(heads));
        Checks.require(!id.isBlank(), "id must name the device, such as opencl:0");
        Checks.positive("memory_bytes", memoryBytes);
        Checks.positive("largest_allocation_bytes", largestAllocation);
        Checks.require(
                !rates.isEmpty(), "rates must have a weight format, such as Q4_K, or \"" + ANY + "\" for all formats");
        Checks.notNegative("choice_seconds", choiceSeconds);
        Checks.positive("kv_bytes_per_second", kvBytesPerSecond);
        Checks.positive("attention_flops", attentionFlops);
        Checks.notNegative("launch_seconds", launchSeconds);
        Checks.notNegative("hop_seconds", hopSeconds);
        Checks.notNegative("rested_hop_seconds", restedHopSeconds);
    }

    /** Whether there is a rate for a weight format. */
    boolean knows(DType format) {
        return rates.containsKey(format.name()) || rates.containsKey(ANY);
    }

    /**
     * The rate for a weight format.
     *
     * @throws SluiceException if the profile has none
     */
    FormatRate rate(DType format) {
        FormatRate own = rates.get(format.name());
        FormatRate rate = own != null ? own : rates.get(ANY);
        if (rate == null) {
            throw new SluiceException("the profile of " + id + " has no rate for " + format + " weights (it has "
                    + String.join(", ", rates.keySet()) + "); measure it with 'sluice plan --measure', or give its"
                    + " hardware file an entry \"" + format + "\" or \"" + ANY + "\" in rates");
        }
        return rate;
    }

    /** The rate of a head in a weight format. */
    FormatRate headRate(DType format) {
        FormatRate own = heads.get(format.name());
        return own != null ? own : rate(format);
    }

    /** Whether it is the processor: all such devices take turns on the same cores. */
    boolean onProcessor() {
        return kind == DeviceInfo.Kind.CPU;
    }

    /** A device whose heads are as fast as its other products, and whose steps begin as fast after a rest. */
    public DeviceProfile(
            String id,
            String name,
            DeviceInfo.Kind kind,
            long memoryBytes,
            long largestAllocation,
            boolean hostMemory,
            Map<String, FormatRate> rates,
            double kvBytesPerSecond,
            double attentionFlops,
            @Nullable LinkProfile link,
            double launchSeconds,
            double hopSeconds) {
        this(
                id,
                name,
                kind,
                memoryBytes,
                largestAllocation,
                hostMemory,
                rates,
                Map.of(),
                0,
                kvBytesPerSecond,
                attentionFlops,
                link,
                launchSeconds,
                hopSeconds,
                hopSeconds);
    }

    /** The same with the rates that were measured before, where this has none. */
    public DeviceProfile after(DeviceProfile earlier) {
        return new DeviceProfile(
                id,
                name,
                kind,
                memoryBytes,
                largestAllocation,
                hostMemory,
                merged(earlier.rates, rates),
                merged(earlier.heads, heads),
                choiceSeconds,
                kvBytesPerSecond,
                attentionFlops,
                link,
                launchSeconds,
                hopSeconds,
                restedHopSeconds);
    }

    private static Map<String, FormatRate> merged(Map<String, FormatRate> earlier, Map<String, FormatRate> later) {
        Map<String, FormatRate> all = new TreeMap<>(earlier);
        later.forEach((format, rate) -> all.merge(format, rate, FormatRate::with));
        return all;
    }

    /** The same with other memory. */
    public DeviceProfile withMemory(long bytes) {
        return new DeviceProfile(
                id,
                name,
                kind,
                bytes,
                largestAllocation,
                hostMemory,
                rates,
                heads,
                choiceSeconds,
                kvBytesPerSecond,
                attentionFlops,
                link,
                launchSeconds,
                hopSeconds,
                restedHopSeconds);
    }

    DeviceProfile withLink(LinkProfile value) {
        return new DeviceProfile(
                id,
                name,
                kind,
                memoryBytes,
                largestAllocation,
                hostMemory,
                rates,
                heads,
                choiceSeconds,
                kvBytesPerSecond,
                attentionFlops,
                value,
                launchSeconds,
                hopSeconds,
                restedHopSeconds);
    }
}
