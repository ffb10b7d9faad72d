package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.tensor.DType;
import org.jspecify.annotations.Nullable;

/**
 * {@code pack.cl}, then {@code matmul.cl}; or {@code round_tokens.cl}, then {@code matmul_dot.cl}: a product with many
 * tokens.
 */
final class MatMul implements Stage {
    /** Above so many times a token's mean scale, what rounding leaves counts as well; docs/PRECISION.md says why. */
    private static final float LARGE = 2.5f;

    /** So many panels of 12 tokens and 2048 columns are 400 KB, which the second cache of most processors has room for. */
    private static final int PANELS_OF_FLOATS = 4;

    private final OpenClDevice device;
    private final DeviceTuning tuning;
    private final boolean rounds;
    private final int panelsAtOnce;
    private final Product product;
    private final Packed packed;
    private final BoundKernel pack;
    private final BoundKernel kernel;

    MatMul(OpenClDevice device, Product product, DeviceTuning tuning) {
        this.device = device;
        this.product = product;
        this.tuning = tuning;
        DType type = product.matrices().getFirst().type();
        rounds = tuning.vectors().dot().takes(type);
        panelsAtOnce = panelsAtOnce(tuning, type);
        packed = new Packed(product.x(), product.norm(), rounds ? type : null, tuning.tokens());
        pack = device.bind(packSpec(tuning, type));
        kernel = device.bind(spec(tuning, type));
    }

    static ProgramSpec packSpec(DeviceTuning tuning, DType type) {
        if (tuning.vectors().dot().takes(type)) {
            return ProgramSpec.of("round_tokens").with(type).with("TOKENS", tuning.tokens());
        }
        return ProgramSpec.of("pack").with("TOKENS", tuning.tokens()).with("ITEMS", tuning.items());
    }

    static ProgramSpec spec(DeviceTuning tuning, DType type) {
        if (tuning.vectors().dot().takes(type)) {
            return tuning.vectors()
                    .dot()
                    .with(ProgramSpec.of("matmul_dot").with(type).with("TOKENS", tuning.tokens()))
                    .multiplyingBy(tuning);
        }
        return ProgramSpec.of("matmul")
                .with(type)
                .with("LANES", tuning.lanes())
                .with("TOKENS", tuning.tokens())
                .with("PANELS", panelsAtOnce(tuning, type))
                .with("TILES_AT_ONCE", tuning.tilesAtOnce())
                .multiplyingBy(tuning);
    }

    /** Panels that a work-group takes each tile through: packed weights are read in less time than they are computed with. */
    private static int panelsAtOnce(DeviceTuning tuning, DType type) {
        boolean waits = tuning.lanes() == 16 && type.blockSize() == 1;
        return waits ? PANELS_OF_FLOATS : 1;
    }

    /**
     * What the panels hold after packing: products with the same input and norm share them.
     *
     * @param rounded for a format's zero point; null: floats
     */
    private record Packed(
            Value x, Product.@Nullable Norm norm, @Nullable DType rounded, int tokens) {}

    @Override
    public void submit(Run run) {
        Product p = product;
        int count = Math.ceilDiv(run.tokens, tuning.tokens());
        Buffer panels = device.scratch().panels();
        if (run.packs(packed)) {
            BoundKernel args = pack.args()
                    .buffer(run.buffer(p.x()))
                    .i32(p.x().at())
                    .i32(p.cols())
                    .i32(run.tokens)
                    .i32(p.norm() == null ? 0 : 1)
                    .buffer(p.norm() == null ? null : p.norm().gain())
                    .f32(p.norm() == null ? 0 : p.norm().eps());
            if (rounds) {
                args.f32(LARGE).buffer(panels).launch(run.queue, count, 1, 1, 1);
            } else {
                args.buffer(panels).launch(run.queue, (long) count * tuning.items(), 1, tuning.items(), 1);
            }
        }
        // The panels are the grain of the work; tiles are divided only where there are too few panels.
        int panelGroups = Math.ceilDiv(count, panelsAtOnce);
        int wanted = Math.ceilDiv(tuning.groupsPerUnit() * device.limits().computeUnits(), panelGroups);
        int groups = Math.min(wanted, Math.ceilDiv(p.resultTiles(), tuning.tilesAtOnce()));
        p.ends(p.matrices(kernel.args()).buffer(p.bias()).buffer(panels), run)
                .launch(
                        run.queue,
                        (long) groups * tuning.tileItems(),
                        (long) panelGroups * tuning.tilesAtOnce(),
                        tuning.tileItems(),
                        tuning.tilesAtOnce());
    }

    @Override
    public void close() {
        pack.close();
        kernel.close();
    }
}
