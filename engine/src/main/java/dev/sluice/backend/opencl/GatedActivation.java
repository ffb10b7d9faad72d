package dev.sluice.backend.opencl;

import dev.sluice.graph.Activation;

/** {@code activation.cl}: {@code activation(gate) ⊙ up}, where the products could not do it themselves. */
final class GatedActivation implements Stage {
    private static final int FLOATS_PER_ITEM = 256;

    private final Value gate;
    private final Value up;
    private final int width;
    private final Activation activation;
    private final BoundKernel kernel;

    /** Both values are slots of their own, and the result replaces {@code gate}. */
    GatedActivation(OpenClDevice device, Value gate, Value up, int width, Activation activation) {
        this.gate = gate;
        this.up = up;
        this.width = width;
        this.activation = activation;
        kernel = device.bind(spec());
    }

    static ProgramSpec spec() {
        return ProgramSpec.of("activation");
    }

    @Override
    public void submit(Run run) {
        int elements = Math.multiplyExact(run.tokens, width);
        kernel.args()
                .buffer(run.buffer(gate))
                .buffer(run.buffer(up))
                .buffer(run.buffer(gate))
                .i32(elements)
                .i32(activation == Activation.GELU_TANH ? 1 : 0)
                .launch(run.queue, Math.ceilDiv(elements, FLOATS_PER_ITEM), 1, 0, 0);
    }

    @Override
    public void close() {
        kernel.close();
    }
}
