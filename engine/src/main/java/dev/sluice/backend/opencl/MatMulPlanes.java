package dev.sluice.backend.opencl;

import dev.sluice.tensor.DType;

/** {@code matmul_planes.cl}: a product with many tokens from row planes. */
final class MatMulPlanes implements Stage {
    private final Product product;
    private final PlaneTuning tuning;
    private final NormedInput input;
    private final ByTokens kernels;

    MatMulPlanes(OpenClDevice device, Product product, DeviceTuning all) {
        this.product = product;
        tuning = all.planes();
        input = new NormedInput(device, product);
        DType type = product.matrices().getFirst().type();
        kernels = new ByTokens(device, tokens -> spec(all, type, tokens));
    }

    /** The program for a number of tokens; there are two, for up to {@link PlaneTuning#FEW} and for more. */
    static ProgramSpec spec(DeviceTuning tuning, DType type, int tokens) {
        boolean halves = tuning.planes().arithmetic() == PlaneTuning.Arithmetic.HALVES;
        return ProgramSpec.of("matmul_planes")
                .withPlanes(type)
                .with("ROW_QUADS", tuning.planes().quads())
                .with("TOKEN_QUADS", tuning.planes().tokenQuads(tokens))
                .with("F16_PRODUCTS", halves ? 1 : 0)
                .multiplyingBy(tuning);
    }

    @Override
    public void submit(Run run) {
        launch(product.many(kernels.of(run.tokens).args(), run, input), run, tuning, product);
    }

    /** Launches groups for tiles of four times as many rows and tokens as they have work-items along each dimension. */
    static void launch(BoundKernel kernel, Run run, PlaneTuning tuning, Product product) {
        int rowQuads = tuning.quads();
        int tokenQuads = tuning.tokenQuads(run.tokens);
        long rowGroups = Math.ceilDiv(16L * product.resultTiles(), 4 * rowQuads);
        long tokenGroups = Math.ceilDiv(run.tokens, 4 * tokenQuads);
        kernel.launch(run.queue, rowGroups * rowQuads, tokenGroups * tokenQuads, rowQuads, tokenQuads);
    }

    @Override
    public void close() {
        input.close();
        kernels.close();
    }
}
