package dev.sluice.bench;

import dev.sluice.Model;
import dev.sluice.Sluice;
import dev.sluice.backend.DeviceInfo;
import java.nio.file.Path;
import java.util.Locale;

/**
 * What all measurements of a run have in common.
 *
 * @param engine name and version
 * @param cpu the processor's name
 * @param device what the model runs on
 * @param path the path that computation takes, for people
 * @param file the model's file
 * @param model what it holds
 * @param blocks layers of the model besides embedding and head
 * @param batchTokens the most tokens of one step
 * @param threads CPU threads: those that compute, or else all that the device's runtime may take
 * @param kv number format of the KV cache
 */
public record BenchRun(
        String engine,
        String cpu,
        DeviceInfo device,
        String path,
        Path file,
        ModelFacts model,
        int blocks,
        int batchTokens,
        int threads,
        String kv) {
    /**
     * Describes a loaded model.
     *
     * @param threads CPU threads asked for, 0 for as many as the backend takes by itself
     */
    public static BenchRun of(Model model, Path file, int threads) {
        DeviceInfo device = model.device();
        DeviceInfo cpu = Sluice.devices().stream()
                .filter(d -> d.backend().equals("cpu"))
                .findFirst()
                .orElse(device);
        int own = Runtime.getRuntime().availableProcessors();
        if (device.backend().equals("cpu")) {
            // Without a wish the CPU takes a thread for each core.
            own = threads > 0 ? threads : Integer.parseInt(device.details().getOrDefault("cores", "" + own));
        }
        String version = BenchRun.class.getModule().isNamed()
                ? BenchRun.class.getModule().getDescriptor().rawVersion().orElse("unknown")
                : "unknown";
        return new BenchRun(
                "sluice-" + version,
                cpu.name(),
                device,
                model.path(),
                file,
                ModelFacts.of(model),
                model.graph().layers().size() - 2,
                model.batchTokens(),
                own,
                model.kvType().name().toLowerCase(Locale.ROOT));
    }

    /** Whether the device computes from the memory that CPU threads read. */
    public boolean readsHostMemory() {
        return device.kind() == DeviceInfo.Kind.CPU;
    }

    /** The backend as llama-bench names it. */
    String backend() {
        return device.backend().equals("opencl") ? "OpenCL" : device.backend().toUpperCase(Locale.ROOT);
    }

    /** The GPU's name, or nothing where none computes. */
    String gpu() {
        return device.kind() == DeviceInfo.Kind.CPU ? "" : device.name();
    }
}
