package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.NDRange;
import dev.sluice.tensor.DType;

/** {@code matmul_planes.cl}: a product with many tokens from row planes. */
final class MatMulPlanes implements Stage {
    private final Product product;
    private final int quads;
    private final NormedInput input;
    private final BoundKernel kernel;

    MatMulPlanes(OpenClDevice device, Product product) {
        this.product = product;
        DeviceTuning tuning = device.tuning();
        quads = tuning.planes().quads();
        input = new NormedInput(device, product);
        kernel = device.bind(spec(tuning, product.matrices().getFirst().type()));
    }

    static ProgramSpec spec(DeviceTuning tuning, DType type) {
        boolean halves = tuning.planes().arithmetic() == PlaneTuning.Arithmetic.HALVES;
        return ProgramSpec.of("matmul_planes")
                .withPlanes(type)
                .with("ROW_QUADS", tuning.planes().quads())
                .with("TOKEN_QUADS", tuning.planes().quads())
                .with("F16_PRODUCTS", halves ? 1 : 0)
                .multiplyingBy(tuning);
    }

    @Override
    public void submit(Run run) {
        Product p = product;
        Buffer x = input.of(run);
        p.matrices(kernel.args())
                .buffer(p.bias())
                .buffer(x)
                .i32(input.at())
                .i32(run.tokens)
                .buffer(run.bufferOrNone(p.residual()))
                .i32(p.residual() == null ? 0 : p.residual().at())
                .buffer(run.buffer(p.y()))
                .i32(p.y().at())
                .i32(p.y().stride())
                .launch(run.queue, range(p, run.tokens, quads));
    }

    /** Groups of quads × quads work-items, each for four times as many rows and tokens. */
    static NDRange range(Product product, int tokens, int quads) {
        long rowGroups = Math.ceilDiv(16L * product.resultTiles(), 4 * quads);
        long tokenGroups = Math.ceilDiv(tokens, 4 * quads);
        return NDRange.of(rowGroups * quads, tokenGroups * quads).local(quads, quads);
    }

    @Override
    public void close() {
        input.close();
        kernel.close();
    }
}
