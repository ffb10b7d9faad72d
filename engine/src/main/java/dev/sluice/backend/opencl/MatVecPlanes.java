package dev.sluice.backend.opencl;

import dev.sluice.opencl.NDRange;
import dev.sluice.tensor.DType;

/** {@code matvec_planes.cl}: a product with one token from row planes; several are taken one after another. */
final class MatVecPlanes extends TokenProduct {
    /** Work-items that share a row. */
    private static final int COLUMN_ITEMS = 32;

    MatVecPlanes(OpenClDevice device, Product product, DeviceTuning tuning) {
        super(
                product,
                device.bind(spec(tuning, product.matrices().getFirst().type())),
                range(product, tuning.planes(), device.limits().computeUnits()));
    }

    private static NDRange range(Product product, PlaneTuning tuning, int computeUnits) {
        int groups = Math.min(product.resultTiles(), tuning.groupsPerUnit() * computeUnits);
        return NDRange.of((long) groups * COLUMN_ITEMS, tuning.rowItems()).local(COLUMN_ITEMS, tuning.rowItems());
    }

    static ProgramSpec spec(DeviceTuning tuning, DType type) {
        return ProgramSpec.of("matvec_planes")
                .withPlanes(type)
                .with("COLUMN_ITEMS", COLUMN_ITEMS)
                .with("ROW_ITEMS", tuning.planes().rowItems())
                .multiplyingBy(tuning);
    }
}
