package dev.sluice.backend.opencl;

import dev.sluice.opencl.NDRange;
import dev.sluice.tensor.DType;

/** {@code matvec_columns.cl}: a product with one token from row columns; several are taken one after another. */
final class MatVecColumns implements Stage {
    /** Work-items of a group along its rows, and the rows that each has. */
    private static final int ROW_ITEMS = 32;

    private static final int ROWS = 2;

    private final Product product;
    private final BoundKernel kernel;
    private final NDRange range;

    MatVecColumns(OpenClDevice device, Product product, DeviceTuning tuning) {
        this.product = product;
        kernel = device.bind(spec(tuning, product.matrices().getFirst().type()));
        long groups = Math.ceilDiv(16L * product.resultTiles(), ROWS * ROW_ITEMS);
        range = NDRange.of(groups * ROW_ITEMS, tuning.split()).local(ROW_ITEMS, tuning.split());
    }

    /** Work-items of a group on a device with a tuning. */
    static int items(int split) {
        return ROW_ITEMS * split;
    }

    static ProgramSpec spec(DeviceTuning tuning, DType type) {
        return ProgramSpec.of("matvec_columns")
                .withPlanes(type)
                .with("ROW_ITEMS", ROW_ITEMS)
                .with("SHARES", tuning.split())
                .with("ROWS", ROWS)
                .with("SUB_GROUP", tuning.subGroup())
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
