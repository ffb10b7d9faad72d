package dev.sluice.backend.cpu;

import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.KvType;
import dev.sluice.backend.Step;
import dev.sluice.graph.Op;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Attention of one step on caches filled at random, without the layer around it. */
final class AttentionRun implements AutoCloseable {
    private final Op.Attention op;
    private final Step step;
    private final CpuDevice device;
    private final List<KvCache> caches = new ArrayList<>();
    private final float[] q;

    /**
     * Fills caches for a step.
     *
     * @param parts position and count of tokens of each part
     */
    AttentionRun(Op.Attention op, KvType type, int[]... parts) {
        this.op = op;
        CpuBackend backend = new CpuBackend();
        device = new CpuDevice(backend.discover().devices().getFirst(), new DeviceOptions(1, 1), new ScalarKernels());
        step = Step.forParts(parts.length);
        Random random = new Random(op.headDim() * 31L + op.heads());
        float[] k = new float[op.headDim()];
        float[] v = new float[op.headDim()];
        for (int[] part : parts) {
            step.add(part[0], part[1], 1);
            int length = part[0] + part[1];
            KvCache cache = new KvCache(device, op, length + 3, type);
            for (int head = 0; head < op.kvHeads(); head++) {
                for (int p = 0; p < length; p++) {
                    for (int d = 0; d < k.length; d++) {
                        k[d] = (float) random.nextGaussian();
                        v[d] = (float) random.nextGaussian();
                    }
                    cache.put(head, p, k, 0, v, 0);
                }
            }
            caches.add(cache);
        }
        q = Runs.normal(step.tokens() * op.width(), 5);
    }

    /** The queries, to be changed by a test. */
    float[] q() {
        return q;
    }

    KvCache cache(int part) {
        return caches.get(part);
    }

    /** The definition's result on what the caches hold. */
    float[] expected() {
        float[] y = new float[q.length];
        for (int part = 0; part < step.parts(); part++) {
            double[] scores = new double[step.position(part) + step.tokens(part)];
            for (int t = 0; t < step.tokens(part); t++) {
                for (int h = 0; h < op.heads(); h++) {
                    int at = (step.firstRow(part) + t) * op.width() + h * op.headDim();
                    ScalarOps.attentionHead(op, caches.get(part), h, step.position(part) + t, q, at, y, at, scores);
                }
            }
        }
        return y;
    }

    /** What kernels make of it. */
    float[] with(Kernels kernels, int threads) {
        try (Arena arena = Arena.ofShared()) {
            List<Scratch> scratches = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                scratches.add(new Scratch(arena, i));
                kernels.reserve(op, scratches.get(i));
            }
            Run run = new Run(step.tokens());
            run.begin(step, false);
            for (int part = 0; part < step.parts(); part++) {
                run.cache(part, caches.get(part));
            }
            Rows queries = new Rows(op.width());
            Rows result = new Rows(op.width());
            float[] y = new float[q.length];
            queries.bind(q, 0);
            result.bind(y, 0);
            try (WorkerPool pool = new WorkerPool(threads, scratches)) {
                pool.run(worker -> kernels.attention(op, run, queries, result, worker));
            }
            return y;
        }
    }

    @Override
    public void close() {
        device.close();
        caches.forEach(KvCache::close);
    }
}
