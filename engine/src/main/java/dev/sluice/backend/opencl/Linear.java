package dev.sluice.backend.opencl;

import dev.sluice.tensor.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A product, by {@link MatVec} for few tokens and by {@link MatMul} for many. */
final class Linear implements Stage {
    private final int vectorTokens;
    private final @Nullable MatVec one;
    private final MatMul many;

    Linear(OpenClDevice device, Product product) {
        // A token that local memory cannot hold takes the other way, slower but with no such limit.
        DType type = product.matrices().getFirst().type();
        boolean fits = MatVec.panelBytes(device.tuning(), type, product.cols()) <= device.localMemoryForPanels();
        vectorTokens = fits ? device.tuning().vectorTokens() : 0;
        one = fits ? new MatVec(device, product) : null;
        many = new MatMul(device, product);
    }

    /** The programs that products with a format of weights are computed by. */
    static List<ProgramSpec> specs(DeviceTuning tuning, DType type) {
        return List.of(MatVec.spec(tuning, type), MatMul.spec(tuning, type));
    }

    @Override
    public void submit(Run run) {
        if (one != null && run.tokens <= vectorTokens) {
            one.submit(run);
        } else {
            many.submit(run);
        }
    }

    @Override
    public void close() {
        if (one != null) {
            one.close();
        }
        many.close();
    }
}
