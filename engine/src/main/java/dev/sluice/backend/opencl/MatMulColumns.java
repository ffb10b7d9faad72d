package dev.sluice.backend.opencl;

import dev.sluice.tensor.DType;

/** {@code matmul_columns.cl}: a product with many tokens from row columns. */
final class MatMulColumns implements Stage {
    /** Work-items of a group, for a row each, and the tokens that each has. */
    private static final int ROW_ITEMS = 64;

    private static final int TOKENS = 8;

    private final Product product;
    private final NormedInput input;
    private final BoundKernel kernel;

    MatMulColumns(OpenClDevice device, Product product, DeviceTuning tuning) {
        this.product = product;
        input = new NormedInput(device, product);
        kernel = device.bind(spec(tuning, product.matrices().getFirst().type()));
    }

    static ProgramSpec spec(DeviceTuning tuning, DType type) {
        return ProgramSpec.of("matmul_columns")
                .withPlanes(type)
                .with("ROW_ITEMS", ROW_ITEMS)
                .with("TOKENS", TOKENS)
                .with("SUB_GROUP", tuning.subGroup())
                .multiplyingBy(tuning);
    }

    @Override
    public void submit(Run run) {
        long groups = Math.ceilDiv(16L * product.resultTiles(), ROW_ITEMS);
        product.many(kernel.args(), run, input)
                .launch(run.queue, groups * ROW_ITEMS, Math.ceilDiv(run.tokens, TOKENS), ROW_ITEMS, 1);
    }

    @Override
    public void close() {
        input.close();
        kernel.close();
    }
}
