package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import org.jspecify.annotations.Nullable;

/** {@code rmsnorm.cl}: norm of each run of a row, a residual added if there is one. */
final class RmsNorm implements Stage {
    private final Value x;
    private final Buffer gain;
    private final int width;
    private final int runs;
    private final float eps;
    private final @Nullable Value residual;
    private final Value y;
    private final int items;
    private final BoundKernel kernel;

    RmsNorm(
            OpenClDevice device,
            Value x,
            Buffer gain,
            int width,
            int runs,
            float eps,
            @Nullable Value residual,
            Value y) {
        this.x = x;
        this.gain = gain;
        this.width = width;
        this.runs = runs;
        this.eps = eps;
        this.residual = residual;
        this.y = y;
        items = device.tuning().items();
        kernel = device.bind(spec(device.tuning()));
    }

    static ProgramSpec spec(DeviceTuning tuning) {
        return ProgramSpec.of("rmsnorm").with("ITEMS", tuning.items());
    }

    @Override
    public void submit(Run run) {
        kernel.args()
                .buffer(run.buffer(x))
                .i32(x.at())
                .i32(x.stride())
                .buffer(gain)
                .i32(width)
                .f32(eps)
                .i32(residual == null ? 0 : 1)
                .buffer(run.bufferOrNone(residual))
                .i32(residual == null ? 0 : residual.at())
                .i32(residual == null ? 0 : residual.stride())
                .buffer(run.buffer(y))
                .i32(y.at())
                .i32(y.stride())
                .launch(run.queue, (long) runs * items, run.tokens, items, 1);
    }

    @Override
    public void close() {
        kernel.close();
    }
}
