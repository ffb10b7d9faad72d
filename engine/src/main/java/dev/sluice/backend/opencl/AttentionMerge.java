package dev.sluice.backend.opencl;

import dev.sluice.graph.Op;

/** {@code attention_merge.cl}: puts the shares of {@link TokenAttention} together. */
final class AttentionMerge implements AutoCloseable {
    /** Shares of the KV length, at most. */
    static final int MOST_SPLITS = 64;

    private static final int ITEMS = 64;

    private final OpenClDevice device;
    private final Op.Attention op;
    private final Value y;
    private final int items;
    private final BoundKernel kernel;

    AttentionMerge(OpenClDevice device, Op.Attention op, Value y, DeviceTuning tuning) {
        this.device = device;
        this.op = op;
        this.y = y;
        items = items(tuning);
        kernel = device.bind(spec(tuning, op.headDim()));
        int valueDim = (op.headDim() + 15) / 16 * 16;
        device.scratch().reservePartials((long) op.heads() * MOST_SPLITS * (valueDim + 2));
    }

    private static int items(DeviceTuning tuning) {
        return tuning.lanes() == 16 ? 1 : ITEMS;
    }

    static ProgramSpec spec(DeviceTuning tuning, int headDim) {
        return ProgramSpec.of("attention_merge")
                .with("HEAD_DIM", headDim)
                .with("ITEMS", items(tuning))
                .with("SPLITS", MOST_SPLITS)
                .multiplyingBy(tuning);
    }

    /** Queues the launch for one sequence, if there are several shares. */
    void submit(Run run, int part, int splits) {
        if (splits == 1) {
            return;
        }
        kernel.args()
                .buffer(device.scratch().partials())
                .i32(op.heads())
                .i32(splits)
                .buffer(run.buffer(y))
                .i32(run.at(part, y))
                .launch(run.queue, (long) op.heads() * items, 1, items, 1);
    }

    @Override
    public void close() {
        kernel.close();
    }
}
