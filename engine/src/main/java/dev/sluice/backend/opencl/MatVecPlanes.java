package dev.sluice.backend.opencl;

import dev.sluice.opencl.NDRange;
import dev.sluice.tensor.DType;

/** {@code matvec_planes.cl}: a product with one token from row planes; several are taken one after another. */
final class MatVecPlanes implements Stage {
    /** Work-items that share a row. */
    private static final int COLUMN_ITEMS = 32;

    private final Product product;
    private final BoundKernel kernel;
    private final NDRange range;

    MatVecPlanes(OpenClDevice device, Product product, DeviceTuning tuning) {
        this.product = product;
        kernel = device.bind(spec(tuning, product.matrices().getFirst().type()));
        int groups = Math.min(product.resultTiles(), tuning.planes().groupsPerUnit() * device.computeUnits());
        range = NDRange.of((long) groups * COLUMN_ITEMS, tuning.planes().rowItems())
                .local(COLUMN_ITEMS, tuning.planes().rowItems());
    }

    static ProgramSpec spec(DeviceTuning tuning, DType type) {
        return ProgramSpec.of("matvec_planes")
                .withPlanes(type)
                .with("COLUMN_ITEMS", COLUMN_ITEMS)
                .with("ROW_ITEMS", tuning.planes().rowItems())
                .multiplyingBy(tuning);
    }

    @Override
    public void submit(Run run) {
        for (int t = 0; t < run.tokens; t++) {
            product.token(kernel.args(), run, t).launch(run.queue, range);
        }
    }

    @Override
    public void close() {
        kernel.close();
    }
}
