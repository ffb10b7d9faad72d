package dev.sluice.backend.opencl;

import dev.sluice.backend.tiles.WeightLayout;
import dev.sluice.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A product: by one kernel for few tokens, by another for many, both for the device's layout of weights. */
final class Linear implements Stage {
    private final Product product;
    private final int vectorTokens;
    private final @Nullable Stage one;
    private final Stage many;

    Linear(OpenClDevice device, Product product) {
        this(device, product, device.tunings().of(product));
    }

    Linear(OpenClDevice device, Product product, ProductTuning tuning) {
        this.product = product;
        one = one(device, product, tuning.one());
        vectorTokens = one == null ? 0 : tuning.few().vectorTokens();
        many = many(device, product, tuning.many());
    }

    /** The product with one token; null where local memory cannot hold it, and the other way is taken: slower, without that limit. */
    static @Nullable Stage one(OpenClDevice device, Product product, DeviceTuning tuning) {
        return switch (tuning.layout()) {
            case PLANES -> new MatVecPlanes(device, product, tuning);
            case COLUMNS -> new MatVecColumns(device, product, tuning);
            case TILES -> {
                DType type = product.matrices().getFirst().type();
                boolean fits = MatVec.panelBytes(tuning, type, product.cols())
                        <= device.limits().panelBytes();
                yield fits ? new MatVec(device, product, tuning) : null;
            }
        };
    }

    /** The product with many tokens. */
    static Stage many(OpenClDevice device, Product product, DeviceTuning tuning) {
        return switch (tuning.layout()) {
            case TILES -> new MatMul(device, product, tuning);
            case COLUMNS -> new MatMulColumns(device, product, tuning);
            case PLANES -> manyOfPlanes(device, product, tuning);
        };
    }

    private static Stage manyOfPlanes(OpenClDevice device, Product product, DeviceTuning tuning) {
        if (MatMulMatrix.serves(tuning)) {
            return new MatMulMatrix(device, product, tuning);
        }
        return MatMulBytes.serves(tuning, product.matrices().getFirst().type())
                ? new MatMulBytes(device, product, tuning)
                : new MatMulPlanes(device, product, tuning);
    }

    /** The programs for matrices of a format. */
    static List<ProgramSpec> specs(DeviceTuning tuning, DType type) {
        List<ProgramSpec> specs = new ArrayList<>(oneSpecs(tuning, type));
        specs.addAll(manySpecs(tuning, type));
        return specs;
    }

    /** Those for one token. */
    static List<ProgramSpec> oneSpecs(DeviceTuning tuning, DType type) {
        return List.of(
                switch (tuning.layout()) {
                    case TILES -> MatVec.spec(tuning, type);
                    case PLANES -> MatVecPlanes.spec(tuning, type);
                    case COLUMNS -> MatVecColumns.spec(tuning, type);
                });
    }

    /** Those for many tokens. */
    static List<ProgramSpec> manySpecs(DeviceTuning tuning, DType type) {
        if (tuning.layout() == WeightLayout.TILES) {
            return List.of(MatMul.spec(tuning, type));
        }
        if (tuning.layout() == WeightLayout.COLUMNS) {
            return List.of(MatMulColumns.spec(tuning, type));
        }
        List<ProgramSpec> specs = new ArrayList<>();
        for (int tokens : new int[] {1, Integer.MAX_VALUE}) {
            specs.add(
                    MatMulMatrix.serves(tuning)
                            ? MatMulMatrix.spec(tuning, type, tokens)
                            : MatMulBytes.serves(tuning, type)
                                    ? MatMulBytes.spec(tuning, type, tokens)
                                    : MatMulPlanes.spec(tuning, type, tokens));
        }
        return specs;
    }

    Product product() {
        return product;
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
