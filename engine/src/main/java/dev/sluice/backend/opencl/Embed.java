package dev.sluice.backend.opencl;

import dev.sluice.opencl.NDRange;
import dev.sluice.tensor.DType;

/** {@code embed.cl}: looks ids up in a table. */
final class Embed implements Stage {
    private final Matrix table;
    private final float scale;
    private final Value y;
    private final int items;
    private final BoundKernel kernel;

    Embed(OpenClDevice device, Matrix table, float scale, Value y) {
        this.table = table;
        this.scale = scale;
        this.y = y;
        items = device.tuning().items();
        kernel = device.bind(spec(device.tuning(), table.type()));
    }

    static ProgramSpec spec(DeviceTuning tuning, DType type) {
        return ProgramSpec.of("embed").with(type).with("ITEMS", tuning.items()).multiplyingBy(tuning);
    }

    @Override
    public void submit(Run run) {
        kernel.args()
                .buffer(table.tiles())
                .i32(table.rows())
                .i32(table.cols())
                .f32(scale)
                .buffer(run.buffer(new Value(Value.INPUT, 0, 1)))
                .buffer(run.buffer(y))
                .i32(y.at())
                .launch(run.queue, NDRange.of((long) run.tokens * items).local(items));
    }

    @Override
    public void close() {
        kernel.close();
    }
}
