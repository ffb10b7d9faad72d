package dev.sluice.backend.opencl;

import dev.sluice.opencl.NDRange;
import dev.sluice.tensor.DType;

/** {@code matvec.cl} or {@code matvec_dot.cl}: a product with one token; several are taken one after another. */
final class MatVec extends TokenProduct {
    /** Words of a record of 32 columns in matvec_dot.cl. */
    private static final int RECORD = 24;

    private final int panelBytes;

    MatVec(OpenClDevice device, Product product, DeviceTuning tuning) {
        DType type = product.matrices().getFirst().type();
        super(
                product,
                device.bind(spec(tuning, type)),
                range(product, tuning, device.limits().computeUnits()));
        panelBytes = panelBytes(tuning, type, product.cols());
    }

    private static NDRange range(Product product, DeviceTuning tuning, int computeUnits) {
        int groups = Math.min(product.resultTiles(), tuning.groupsPerUnit() * computeUnits);
        return NDRange.of((long) groups * tuning.tileItems(), tuning.split()).local(tuning.tileItems(), tuning.split());
    }

    static ProgramSpec spec(DeviceTuning tuning, DType type) {
        if (tuning.vectors().dot().takes(type)) {
            return tuning.vectors()
                    .dot()
                    .with(ProgramSpec.of("matvec_dot")
                            .with(type)
                            .with("AHEAD", tuning.vectors().ahead()))
                    .multiplyingBy(tuning);
        }
        return ProgramSpec.of("matvec")
                .with(type)
                .with("LANES", tuning.lanes())
                .with("SPLIT", tuning.split())
                .with("AHEAD", tuning.vectors().ahead())
                .multiplyingBy(tuning);
    }

    /**
     * Bytes of local memory for a token: its floats, rounded up to whole parts, and the sum of each part; or its records of
     * bytes.
     */
    static int panelBytes(DeviceTuning tuning, DType type, int cols) {
        if (tuning.vectors().dot().takes(type)) {
            return Integer.BYTES * RECORD * (cols / 32);
        }
        int padded = (cols + 31) / 32 * 32;
        return Float.BYTES * (padded + padded / 16);
    }

    @Override
    BoundKernel arguments(Run run, int t) {
        return super.arguments(run, t).local(panelBytes);
    }
}
