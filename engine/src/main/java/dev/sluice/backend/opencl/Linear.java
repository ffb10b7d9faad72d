package dev.sluice.backend.opencl;

import dev.sluice.backend.tiles.WeightLayout;
import dev.sluice.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A product: by one kernel for few tokens, by another for many, both for the device's layout of weights. */
final class Linear implements Stage {
    private final int vectorTokens;
    private final @Nullable Stage one;
    private final Stage many;

    Linear(OpenClDevice device, Product product) {
        DeviceTuning tuning = device.tuning();
        if (tuning.layout() == WeightLayout.PLANES) {
            vectorTokens = tuning.vectorTokens();
            one = new MatVecPlanes(device, product);
            boolean bytes =
                    MatMulBytes.serves(tuning, product.matrices().getFirst().type());
            many = bytes ? new MatMulBytes(device, product) : new MatMulPlanes(device, product);
            return;
        }
        // A token that local memory cannot hold takes the other way, slower but with no such limit.
        DType type = product.matrices().getFirst().type();
        boolean fits = MatVec.panelBytes(tuning, type, product.cols()) <= device.localMemoryForPanels();
        vectorTokens = fits ? tuning.vectorTokens() : 0;
        one = fits ? new MatVec(device, product) : null;
        many = new MatMul(device, product);
    }

    /** The programs for matrices of a format. */
    static List<ProgramSpec> specs(DeviceTuning tuning, DType type) {
        if (tuning.layout() == WeightLayout.TILES) {
            return List.of(MatVec.spec(tuning, type), MatMul.spec(tuning, type));
        }
        boolean bytes = MatMulBytes.serves(tuning, type);
        List<ProgramSpec> specs = new ArrayList<>(List.of(MatVecPlanes.spec(tuning, type)));
        for (int tokens : new int[] {1, Integer.MAX_VALUE}) {
            specs.add(bytes ? MatMulBytes.spec(tuning, type, tokens) : MatMulPlanes.spec(tuning, type, tokens));
        }
        return specs;
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
