package dev.sluice.backend.opencl;

import dev.sluice.opencl.NDRange;
import dev.sluice.tensor.DType;

/** {@code matvec_columns.cl}: a product with one token from row columns; several are taken one after another. */
final class MatVecColumns extends TokenProduct {
    /** Work-items of a group along its rows, and the rows that each has. */
    private static final int ROW_ITEMS = 32;

    private static final int ROWS = 2;

    MatVecColumns(OpenClDevice device, Product product, DeviceTuning tuning) {
        super(product, device.bind(spec(tuning, product.matrices().getFirst().type())), range(product, tuning.split()));
    }

    private static NDRange range(Product product, int shares) {
        long groups = Math.ceilDiv(16L * product.resultTiles(), ROWS * ROW_ITEMS);
        return NDRange.of(groups * ROW_ITEMS, shares).local(ROW_ITEMS, shares);
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
}
