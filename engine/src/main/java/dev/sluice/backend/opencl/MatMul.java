package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.NDRange;
import dev.sluice.tensor.DType;
import org.jspecify.annotations.Nullable;

/** {@code pack.cl}, then {@code matmul.cl}: a product with many tokens. */
final class MatMul implements Stage {
    private final OpenClDevice device;
    private final Product product;
    private final BoundKernel pack;
    private final BoundKernel kernel;

    MatMul(OpenClDevice device, Product product) {
        this.device = device;
        this.product = product;
        DeviceTuning tuning = device.tuning();
        pack = device.bind(packSpec(tuning));
        kernel = device.bind(spec(tuning, product.matrices().getFirst().type()));
    }

    static ProgramSpec packSpec(DeviceTuning tuning) {
        return ProgramSpec.of("pack").with("TOKENS", tuning.tokens()).with("ITEMS", tuning.items());
    }

    static ProgramSpec spec(DeviceTuning tuning, DType type) {
        return ProgramSpec.of("matmul")
                .with(type)
                .with("LANES", tuning.lanes())
                .with("TOKENS", tuning.tokens())
                .with("TILES_AT_ONCE", tuning.tilesAtOnce())
                .multiplyingBy(tuning);
    }

    /** What the panels hold after packing: products with the same input and norm share them. */
    private record Packed(Value x, Product.@Nullable Norm norm) {}

    @Override
    public void submit(Run run) {
        Product p = product;
        DeviceTuning tuning = device.tuning();
        int count = Math.ceilDiv(run.tokens, tuning.tokens());
        Buffer panels = device.scratch().panels();
        if (run.packs(new Packed(p.x(), p.norm()))) {
            pack.args()
                    .buffer(run.buffer(p.x()))
                    .i32(p.x().at())
                    .i32(p.cols())
                    .i32(run.tokens)
                    .i32(p.norm() == null ? 0 : 1)
                    .buffer(p.norm() == null ? null : p.norm().gain())
                    .f32(p.norm() == null ? 0 : p.norm().eps())
                    .buffer(panels)
                    .launch(run.queue, NDRange.of((long) count * tuning.items()).local(tuning.items()));
        }
        // The panels are the grain of the work; tiles are divided only where there are too few panels.
        int wanted = Math.ceilDiv(tuning.groupsPerUnit() * device.computeUnits(), count);
        int groups = Math.min(wanted, Math.ceilDiv(p.resultTiles(), tuning.tilesAtOnce()));
        p.matrices(kernel.args())
                .buffer(p.bias())
                .buffer(panels)
                .i32(run.tokens)
                .buffer(run.bufferOrNone(p.residual()))
                .i32(p.residual() == null ? 0 : p.residual().at())
                .buffer(run.buffer(p.y()))
                .i32(p.y().at())
                .i32(p.y().stride())
                .launch(
                        run.queue,
                        NDRange.of((long) groups * tuning.tileItems(), (long) count * tuning.tilesAtOnce())
                                .local(tuning.tileItems(), tuning.tilesAtOnce()));
    }

    @Override
    public void close() {
        pack.close();
        kernel.close();
    }
}
