package dev.sluice.backend.cpu;

import dev.sluice.backend.Step;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The layers of a step that are bound and have something to compute. The workers take them in one parallel region. Not
 * thread-safe: its device sees to that.
 */
final class LayerQueue {
    private final WorkerPool pool;
    private final LayerTimes times;
    private final WorkerPool.Region region = this::work;
    private @Nullable CpuLayer[] layers = new CpuLayer[64];
    private int count;

    LayerQueue(WorkerPool pool, LayerTimes times) {
        this.pool = pool;
        this.times = times;
    }

    /** Begins anew: the step before may have ended halfway. */
    void clear() {
        count = 0;
    }

    void add(CpuLayer layer) {
        if (count == layers.length) {
            layers = Arrays.copyOf(layers, 2 * count);
        }
        layers[count++] = layer;
    }

    /** Has the workers compute the layers, for a step. */
    void run(Step step) {
        if (count > 0) {
            times.begin(count);
            pool.run(region);
            times.tell(step);
        }
    }

    /** What a worker does in a region: its share of every layer. */
    private void work(Worker worker) {
        for (int i = 0; i < count; i++) {
            if (i > 0) {
                pool.barrier(worker);
            }
            CpuLayer layer = Objects.requireNonNull(layers[i]);
            layer.work(worker);
            times.ended(worker, layer);
        }
    }
}
