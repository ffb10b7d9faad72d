package dev.sluice.backend.opencl;

/** {@code add.cl}: the sum of two values. */
final class Add implements Stage {
    private final Value a;
    private final Value b;
    private final Value y;
    private final int width;
    private final long items;
    private final BoundKernel kernel;

    Add(OpenClDevice device, Value a, Value b, Value y, int width) {
        this.a = a;
        this.b = b;
        this.y = y;
        this.width = width;
        items = device.tuning().items();
        kernel = device.bind(spec());
    }

    static ProgramSpec spec() {
        return ProgramSpec.of("add");
    }

    @Override
    public void submit(Run run) {
        kernel.args()
                .buffer(run.buffer(a))
                .i32(a.at())
                .i32(a.stride())
                .buffer(run.buffer(b))
                .i32(b.at())
                .i32(b.stride())
                .buffer(run.buffer(y))
                .i32(y.at())
                .i32(y.stride())
                .i32(width)
                .launch(run.queue, items, run.tokens, 0, 0);
    }

    @Override
    public void close() {
        kernel.close();
    }
}
