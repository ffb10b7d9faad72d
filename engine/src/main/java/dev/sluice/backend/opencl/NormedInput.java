package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * What a product with many tokens reads where it does not normalise on the way: its input as it is, or {@code rmsnorm.cl}'s
 * work in the device's panels. Rows follow one another.
 */
final class NormedInput implements AutoCloseable {
    private final OpenClDevice device;
    private final Product product;
    private final int items;
    private final @Nullable Normed normed;
    private final @Nullable BoundKernel norm;

    NormedInput(OpenClDevice device, Product product) {
        this.device = device;
        this.product = product;
        items = device.tuning().items();
        normed = product.norm() == null ? null : new Normed(product.x(), product.norm());
        norm = normed == null ? null : device.bind(ProgramSpec.of("rmsnorm").with("ITEMS", items));
    }

    /** What the panels hold: products with the same input and norm share them. */
    private record Normed(Value x, Product.Norm norm) {}

    /** The input, made if it is not there. */
    Buffer of(Run run) {
        Value x = product.x();
        if (norm == null || normed == null) {
            return run.buffer(x);
        }
        Buffer panels = device.scratch().panels();
        if (run.packs(normed)) {
            norm.args()
                    .buffer(run.buffer(x))
                    .i32(x.at())
                    .i32(product.cols())
                    .buffer(normed.norm().gain())
                    .i32(product.cols())
                    .f32(normed.norm().eps())
                    .i32(0)
                    .buffer(null)
                    .i32(0)
                    .i32(0)
                    .buffer(panels)
                    .i32(0)
                    .i32(product.cols())
                    .launch(run.queue, items, run.tokens, items, 1);
        }
        return panels;
    }

    /** The element at which it begins. */
    int at() {
        return norm == null ? product.x().at() : 0;
    }

    @Override
    public void close() {
        if (norm != null) {
            norm.close();
        }
    }
}
