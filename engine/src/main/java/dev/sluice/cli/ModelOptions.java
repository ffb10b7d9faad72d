package dev.sluice.cli;

import dev.sluice.LoadOptions;
import dev.sluice.Model;
import dev.sluice.PlacementWishes;
import dev.sluice.Sluice;
import dev.sluice.backend.CpuKernels;
import dev.sluice.backend.KvType;
import dev.sluice.backend.Precision;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which model, and how it is loaded. */
final class ModelOptions {
    @Option(
            names = {"-m", "--model"},
            required = true,
            paramLabel = "FILE",
            description = "The model: a GGUF file, or the first part of a split one.")
    private Path model = Path.of("");

    @Option(
            names = "--device",
            defaultValue = "auto",
            paramLabel = "SPEC",
            description = "auto (default), cpu, opencl, opencl:0, or opencl:WORD with a part of the device's or"
                    + " platform's name; several, separated by commas, share the layers. 'sluice devices' lists what"
                    + " there is.")
    private String device = "auto";

    @Option(
            names = "--hardware",
            paramLabel = "FILE",
            description = "A machine as JSON whose devices are simulated on those that are here; --device names them by"
                    + " their ids (docs/simulated-devices.md).")
    private @Nullable String hardware;

    @Option(
            names = "--memory",
            paramLabel = "SPEC",
            description = "The most memory to take: 512M, or per device opencl:0=6G,cpu=20G.")
    private @Nullable String memory;

    @Option(
            names = {"-ngl", "--gpu-layers"},
            paramLabel = "N",
            description = "The last N blocks, and the head behind them, are resident on GPUs, the blocks before on the"
                    + " CPU.")
    private @Nullable Integer gpuLayers;

    @Option(
            names = "--place",
            paramLabel = "REGEX=ID",
            description = "Layers whose name matches are computed by this device: 'block [0-9]$=opencl:0',"
                    + " 'head=cpu'. May be given again.")
    private List<String> places = List.of();

    @Mixin
    private final HostShareOption hostShare = new HostShareOption();

    @Option(
            names = {"-t", "--threads"},
            defaultValue = "0",
            paramLabel = "N",
            description = "Threads on the CPU (default: one for each processor).")
    private int threads;

    @Option(
            names = {"-c", "--ctx"},
            defaultValue = "0",
            paramLabel = "N",
            description = "Context length in tokens (default: the model's own, at most 4096).")
    private int context;

    @Option(
            names = "--kv",
            paramLabel = "TYPE",
            description = "Number format of the KV cache: f16 (default), f32 (default with --precision exact) or q8_0.")
    private @Nullable String kv;

    @Option(
            names = "--precision",
            defaultValue = "auto",
            paramLabel = "HOW",
            description = "auto (default): activations may be rounded to bytes where that is faster; exact: 32-bit"
                    + " floats throughout.")
    private String precision = "auto";

    @Option(
            names = "--cpu-kernels",
            defaultValue = "auto",
            paramLabel = "KIND",
            description = "Which code computes on the CPU: auto (default, the fastest that runs), machine, vector or"
                    + " scalar.")
    private String cpuKernels = "auto";

    @Option(
            names = "--trace",
            paramLabel = "FILE",
            description = "Write down what each device and the host do when, for ui.perfetto.dev or chrome://tracing.")
    private @Nullable Path trace;

    /** Begins the recording that was asked for; closed when the model is. */
    Tracing trace() {
        return Tracing.to(trace);
    }

    /** The context length that was asked for, 0 if none was. */
    int context() {
        return context;
    }

    /** The model file. */
    Path file() {
        return model;
    }

    /** CPU threads that were asked for, 0 if none were. */
    int threads() {
        return threads;
    }

    /** Loads the model, showing how far it has come. */
    Model load(Streams streams, CommonOptions common) {
        return load(streams, common, context);
    }

    Model load(Streams streams, CommonOptions common, int contextLength) {
        try (ProgressLine progress = ProgressLine.on(streams, common)) {
            return Sluice.load(model, options(contextLength).withProgress(progress));
        }
    }

    private LoadOptions options(int contextLength) {
        if (threads < 0 || threads > 1024) {
            throw new UsageException("--threads must be 0 (one for each processor) to 1024, not " + threads);
        }
        if (contextLength < 0) {
            throw new UsageException("--ctx must be 0 (the model's own) or more, not " + contextLength);
        }
        return withMemory(LoadOptions.DEFAULT
                .withDevice(device)
                .withHardware(hardware)
                .withPlacement(placement())
                .withHostShare(hostShare.value())
                .withThreads(threads)
                .withContextLength(contextLength)
                .withKvType(kvType())
                .withPrecision(precision())
                .withCpuKernels(cpuKernels()));
    }

    private @Nullable PlacementWishes placement() {
        if (gpuLayers == null && places.isEmpty()) {
            return null;
        }
        if (gpuLayers != null && gpuLayers < 0) {
            throw new UsageException("--gpu-layers must be 0 or more, not " + gpuLayers);
        }
        return new PlacementWishes(false, 1, gpuLayers, places);
    }

    private @Nullable KvType kvType() {
        if (kv == null) {
            return null;
        }
        return switch (kv.toLowerCase(Locale.ROOT)) {
            case "f32" -> KvType.F32;
            case "f16" -> KvType.F16;
            case "q8_0" -> KvType.Q8_0;
            default -> throw new UsageException("--kv " + kv + ": the KV cache can be f32, f16 or q8_0");
        };
    }

    private Precision precision() {
        return precision(precision);
    }

    /** What {@code --precision} means. */
    static Precision precision(String precision) {
        return switch (precision.toLowerCase(Locale.ROOT)) {
            case "auto" -> Precision.AUTO;
            case "exact" -> Precision.EXACT;
            default -> throw new UsageException("--precision " + precision + ": it can be auto or exact");
        };
    }

    private CpuKernels cpuKernels() {
        return switch (cpuKernels.toLowerCase(Locale.ROOT)) {
            case "auto" -> CpuKernels.AUTO;
            case "machine" -> CpuKernels.MACHINE;
            case "vector" -> CpuKernels.VECTOR;
            case "scalar" -> CpuKernels.SCALAR;
            default ->
                throw new UsageException("--cpu-kernels " + cpuKernels + ": it can be auto, machine, vector or scalar");
        };
    }

    private LoadOptions withMemory(LoadOptions options) {
        if (memory == null) {
            return options;
        }
        if (memory.indexOf('=') < 0) {
            return options.withMemoryLimit(ByteSize.parse(memory));
        }
        Map<String, Long> limits = new HashMap<>();
        for (String entry : memory.split(",", -1)) {
            int equals = entry.indexOf('=');
            if (equals <= 0) {
                throw new UsageException("--memory: '" + entry + "' names no device; write opencl:0=6G,cpu=20G");
            }
            limits.put(
                    entry.substring(0, equals).strip().toLowerCase(Locale.ROOT),
                    ByteSize.parse(entry.substring(equals + 1)));
        }
        return options.withDeviceMemory(limits);
    }
}
