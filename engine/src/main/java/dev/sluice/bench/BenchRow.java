package dev.sluice.bench;

import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One measurement as keys and values: first those of llama-bench, in its order, so that scripts made for it read ours,
 * then our own. Options of llama-bench that we have no counterpart to hold what describes our behaviour.
 */
final class BenchRow {
    private BenchRow() {}

    /** The keys of llama-bench, without the samples. */
    static Map<String, @Nullable Object> shared(BenchRun run, Measurement measurement) {
        ThroughputResult result = measurement.result();
        ThroughputTest test = measurement.test();
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("build_commit", run.engine());
        row.put("build_number", 0);
        row.put("cpu_info", run.cpu());
        row.put("gpu_info", run.gpu());
        row.put("backends", run.backend());
        row.put("model_filename", run.file().toString());
        row.put("model_type", run.model().type());
        row.put("model_size", run.model().bytes());
        row.put("model_n_params", run.model().parameters());
        row.put("n_batch", run.batchTokens());
        row.put("n_ubatch", run.batchTokens());
        row.put("n_threads", run.threads());
        row.put("cpu_mask", "0x0"); // threads are not bound to processors
        row.put("cpu_strict", false);
        row.put("poll", 50); // as there: workers spin for a while, then sleep
        row.put("type_k", run.kv());
        row.put("type_v", run.kv());
        row.put("n_gpu_layers", run.readsHostMemory() ? 0 : run.blocks() + 1); // the head is counted there
        row.put("n_cpu_moe", 0);
        row.put("split_mode", "none");
        row.put("main_gpu", 0);
        row.put("no_kv_offload", false);
        row.put("flash_attn", 1); // scores of a whole context are never kept
        row.put("devices", run.device().id());
        row.put("tensor_split", "0.00");
        row.put("tensor_buft_overrides", "none");
        row.put("load_mode", "mmap");
        row.put("lazy_mode", "off");
        row.put("embeddings", false);
        row.put("no_op_offload", 0);
        row.put("no_host", false);
        row.put("repack", true);
        row.put("fit_target", 0);
        row.put("fit_min_ctx", 0);
        row.put("n_prompt", test.prompt());
        row.put("n_gen", test.generated());
        row.put("n_depth", test.depth());
        row.put("test_time", result.started().truncatedTo(ChronoUnit.SECONDS).toString());
        row.put("avg_ns", Math.round(result.averageNanos()));
        row.put("stddev_ns", Math.round(result.deviationNanos()));
        row.put("avg_ts", result.averageRate());
        row.put("stddev_ts", result.deviationRate());
        return row;
    }

    /** What we measure besides. */
    static Map<String, @Nullable Object> own(BenchRun run, Measurement measurement) {
        ThroughputResult result = measurement.result();
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("test", measurement.test().label());
        row.put("n_sequences", measurement.test().sequences());
        row.put("bytes_per_token", Math.round(measurement.bytesPerToken()));
        row.put("gb_s", measurement.gigabytesPerSecond());
        row.put(
                "bandwidth_gb_s",
                measurement.bandwidth().map(b -> b.best() / 1e9).orElse(null));
        row.put(
                "bandwidth_median_gb_s",
                measurement.bandwidth().map(b -> b.median() / 1e9).orElse(null));
        row.put("bandwidth_percent", measurement.bandwidthPercent().orElse(null));
        row.put("gflop_s", measurement.gigaflopsPerSecond());
        row.put("n_warmup", result.warmUp().repetitions());
        row.put("warmup_ns", result.warmUp().nanos());
        row.put("warmup_jit_ns", result.warmUp().jitNanos());
        row.put("jit_ns", result.jitNanos());
        row.put("path", run.path());
        return row;
    }

    /** Everything, with the single repetitions. */
    static Map<String, @Nullable Object> full(BenchRun run, Measurement measurement) {
        Map<String, @Nullable Object> row = shared(run, measurement);
        row.put("samples_ns", measurement.result().samplesNanos());
        List<Double> rates = new ArrayList<>();
        for (double rate : measurement.result().rates()) {
            rates.add(rate);
        }
        row.put("samples_ts", rates);
        row.putAll(own(run, measurement));
        return row;
    }
}
