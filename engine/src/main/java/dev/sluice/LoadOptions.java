package dev.sluice;

import dev.sluice.backend.CpuKernels;
import dev.sluice.backend.KvType;
import dev.sluice.backend.Precision;
import dev.sluice.runtime.Progress;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a model is to be loaded.
 *
 * @param device where it runs: {@code auto}, {@code cpu}, {@code opencl}, {@code opencl:0}, {@code opencl:intel} (a part
 *     of the device's or platform's name), or several of these, separated by commas, which share the layers
 * @param threads worker threads on the CPU; 0 takes one for each processor
 * @param contextLength the most tokens of a session; 0 takes what the model was trained on, at most 4096
 * @param kvType number format of the KV cache; null takes f16, or f32 where {@code precision} is exact
 * @param batchTokens the most tokens that go through a layer together: of a prompt, or of all sequences of a batch
 * @param precision whether activations may be rounded where that is faster
 * @param cpuKernels which code computes on the CPU
 * @param memoryLimit bytes that weights, KV cache and activations may take on each device; 0 takes what is free
 * @param deviceMemory the same of single devices, by their ids
 * @param hardware a hardware file, whose simulated devices stand before those of this machine; null: there is none
 * @param placement what is wanted of the plan by which layers are placed; null: nothing in particular
 * @param hostShare of how many streamed layers the CPU computes the feed-forward half; 0: of none; null leaves it to the plan
 * @param progress hears how far loading has come
 */
public record LoadOptions(
        String device,
        int threads,
        int contextLength,
        @Nullable KvType kvType,
        int batchTokens,
        Precision precision,
        CpuKernels cpuKernels,
        long memoryLimit,
        Map<String, Long> deviceMemory,
        @Nullable String hardware,
        @Nullable PlacementWishes placement,
        @Nullable Integer hostShare,
        Progress progress) {
    /** The best device there is, and what is fastest without a loss that counts. */
    public static final LoadOptions DEFAULT = new LoadOptions(
            "auto", 0, 0, null, 512, Precision.AUTO, CpuKernels.AUTO, 0, Map.of(), null, null, null, Progress.NONE);

    public LoadOptions {
        deviceMemory = Map.copyOf(deviceMemory);
        if (threads < 0 || threads > 1024) {
            throw new IllegalArgumentException("threads must be 0 to 1024, not " + threads);
        }
        if (contextLength < 0) {
            throw new IllegalArgumentException("contextLength must be 0 or more, not " + contextLength);
        }
        if (batchTokens <= 0) {
            throw new IllegalArgumentException("batchTokens must be 1 or more, not " + batchTokens);
        }
        if (memoryLimit < 0) {
            throw new IllegalArgumentException("memoryLimit must be 0 or more, not " + memoryLimit);
        }
        if (hostShare != null && hostShare < 0) {
            throw new IllegalArgumentException("hostShare must be 0 or more, not " + hostShare);
        }
    }

    @Override
    public KvType kvType() {
        return kvType != null ? kvType : precision == Precision.EXACT ? KvType.F32 : KvType.F16;
    }

    /** Whether layers are to be placed by a plan, whatever the devices. */
    boolean wantsPlan() {
        return placement != null || (hostShare != null && hostShare > 0);
    }

    public LoadOptions withDevice(String value) {
        return new LoadOptions(
                value,
                threads,
                contextLength,
                kvType,
                batchTokens,
                precision,
                cpuKernels,
                memoryLimit,
                deviceMemory,
                hardware,
                placement,
                hostShare,
                progress);
    }

    public LoadOptions withThreads(int value) {
        return new LoadOptions(
                device,
                value,
                contextLength,
                kvType,
                batchTokens,
                precision,
                cpuKernels,
                memoryLimit,
                deviceMemory,
                hardware,
                placement,
                hostShare,
                progress);
    }

    public LoadOptions withContextLength(int value) {
        return new LoadOptions(
                device,
                threads,
                value,
                kvType,
                batchTokens,
                precision,
                cpuKernels,
                memoryLimit,
                deviceMemory,
                hardware,
                placement,
                hostShare,
                progress);
    }

    public LoadOptions withKvType(@Nullable KvType value) {
        return new LoadOptions(
                device,
                threads,
                contextLength,
                value,
                batchTokens,
                precision,
                cpuKernels,
                memoryLimit,
                deviceMemory,
                hardware,
                placement,
                hostShare,
                progress);
    }

    public LoadOptions withBatchTokens(int value) {
        return new LoadOptions(
                device,
                threads,
                contextLength,
                kvType,
                value,
                precision,
                cpuKernels,
                memoryLimit,
                deviceMemory,
                hardware,
                placement,
                hostShare,
                progress);
    }

    public LoadOptions withPrecision(Precision value) {
        return new LoadOptions(
                device,
                threads,
                contextLength,
                kvType,
                batchTokens,
                value,
                cpuKernels,
                memoryLimit,
                deviceMemory,
                hardware,
                placement,
                hostShare,
                progress);
    }

    public LoadOptions withCpuKernels(CpuKernels value) {
        return new LoadOptions(
                device,
                threads,
                contextLength,
                kvType,
                batchTokens,
                precision,
                value,
                memoryLimit,
                deviceMemory,
                hardware,
                placement,
                hostShare,
                progress);
    }

    public LoadOptions withMemoryLimit(long value) {
        return new LoadOptions(
                device,
                threads,
                contextLength,
                kvType,
                batchTokens,
                precision,
                cpuKernels,
                value,
                deviceMemory,
                hardware,
                placement,
                hostShare,
                progress);
    }

    /** {@code value}: bytes by the ids of devices. */
    public LoadOptions withDeviceMemory(Map<String, Long> value) {
        return new LoadOptions(
                device,
                threads,
                contextLength,
                kvType,
                batchTokens,
                precision,
                cpuKernels,
                memoryLimit,
                value,
                hardware,
                placement,
                hostShare,
                progress);
    }

    public LoadOptions withHardware(@Nullable String value) {
        return new LoadOptions(
                device,
                threads,
                contextLength,
                kvType,
                batchTokens,
                precision,
                cpuKernels,
                memoryLimit,
                deviceMemory,
                value,
                placement,
                hostShare,
                progress);
    }

    public LoadOptions withPlacement(@Nullable PlacementWishes value) {
        return new LoadOptions(
                device,
                threads,
                contextLength,
                kvType,
                batchTokens,
                precision,
                cpuKernels,
                memoryLimit,
                deviceMemory,
                hardware,
                value,
                hostShare,
                progress);
    }

    /** {@code value}: as {@link #hostShare}; a number above 0 takes a plan, and so devices that have been measured. */
    public LoadOptions withHostShare(@Nullable Integer value) {
        return new LoadOptions(
                device,
                threads,
                contextLength,
                kvType,
                batchTokens,
                precision,
                cpuKernels,
                memoryLimit,
                deviceMemory,
                hardware,
                placement,
                value,
                progress);
    }

    public LoadOptions withProgress(Progress value) {
        return new LoadOptions(
                device,
                threads,
                contextLength,
                kvType,
                batchTokens,
                precision,
                cpuKernels,
                memoryLimit,
                deviceMemory,
                hardware,
                placement,
                hostShare,
                value);
    }
}
