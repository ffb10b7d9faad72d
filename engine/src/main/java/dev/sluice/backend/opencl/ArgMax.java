package dev.sluice.backend.opencl;

/** {@code argmax.cl}: index of the largest float of each row. */
final class ArgMax implements Stage {
    private final Value x;
    private final Value y;
    private final int items;
    private final BoundKernel kernel;

    /** {@code x} has contiguous rows from the beginning of its slot. */
    ArgMax(OpenClDevice device, Value x, Value y) {
        this.x = x;
        this.y = y;
        items = device.tuning().items();
        kernel = device.bind(spec(device.tuning()));
    }

    static ProgramSpec spec(DeviceTuning tuning) {
        return ProgramSpec.of("argmax").with("ITEMS", tuning.items());
    }

    @Override
    public void submit(Run run) {
        kernel.args()
                .buffer(run.buffer(x))
                .i32(x.stride())
                .buffer(run.buffer(y))
                .launch(run.queue, (long) run.tokens * items, 1, items, 1);
    }

    @Override
    public void close() {
        kernel.close();
    }
}
