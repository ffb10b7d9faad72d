package dev.sluice.backend.opencl;

import dev.sluice.tensor.DType;
import java.util.Objects;

/** {@code matmul_matrix.cl}: a product of row planes with many tokens, by the device's matrix unit. */
final class MatMulMatrix implements Stage {
    /** The smallest tiles that there are. */
    static final int LEAST_QUADS = 8;

    private final Product product;
    private final DeviceTuning tuning;
    private final NormedInput input;
    private final ByTokens kernels;

    MatMulMatrix(OpenClDevice device, Product product, DeviceTuning tuning) {
        this.product = product;
        this.tuning = tuning;
        input = new NormedInput(device, product);
        DType type = product.matrices().getFirst().type();
        kernels = new ByTokens(device, tokens -> spec(tuning, type, tokens));
    }

    /** Whether a tuning has products multiplied so. */
    static boolean serves(DeviceTuning tuning) {
        return tuning.planes().arithmetic() == PlaneTuning.Arithmetic.MATRIX;
    }

    /**
     * How the tile of a work-group is parted.
     *
     * @param rows of the tile; of a gated product half of them are of each matrix
     * @param tokens of the tile
     * @param subRows rows of a sub-group's part
     * @param subTokens tokens of a sub-group's part
     */
    record Tile(int rows, int tokens, int subRows, int subTokens) {
        /**
         * A tile of 64 or 128 rows, and as many tokens or, where there are few, 16. Smaller tiles have fewer sums for a work-item,
         * so that there are enough of them.
         */
        static Tile of(int quads, MatrixUnit unit, int tokens) {
            int edge = 8 * Math.max(LEAST_QUADS, quads);
            int tileTokens = tokens <= PlaneTuning.FEW ? PlaneTuning.FEW : edge;
            int subRows = Math.max(32, unit.lanes());
            int subTokens = Math.min(tileTokens, Math.min(edge / 2, unit.sums()) * unit.lanes() / subRows);
            return new Tile(edge, tileTokens, subRows, subTokens);
        }

        int subs() {
            return rows / subRows * (tokens / subTokens);
        }
    }

    /** Work-items of the largest groups. */
    static int items(int quads, MatrixUnit unit) {
        return Tile.of(quads, unit, Integer.MAX_VALUE).subs() * unit.lanes();
    }

    private static MatrixUnit unit(DeviceTuning tuning) {
        return Objects.requireNonNull(tuning.planes().unit(), "no matrix unit");
    }

    /** The program for a number of tokens; there are two, for up to {@link PlaneTuning#FEW} and for more. */
    static ProgramSpec spec(DeviceTuning tuning, DType type, int tokens) {
        MatrixUnit unit = unit(tuning);
        Tile tile = Tile.of(tuning.planes().quads(), unit, tokens);
        return unit.in(ProgramSpec.of("matmul_matrix"))
                .withPlanes(type)
                .with("TILE_ROWS", tile.rows())
                .with("TILE_TOKENS", tile.tokens())
                .with("SUB_ROWS", tile.subRows())
                .with("SUB_TOKENS", tile.subTokens())
                .with("SUBS", tile.subs())
                .multiplyingBy(tuning);
    }

    @Override
    public void submit(Run run) {
        Product p = product;
        MatrixUnit unit = unit(tuning);
        Tile tile = Tile.of(tuning.planes().quads(), unit, run.tokens);
        int resultRows = p.activation() == null ? tile.rows() : tile.rows() / 2;
        long rowGroups = Math.ceilDiv(16L * p.resultTiles(), resultRows);
        long tokenGroups = Math.ceilDiv(run.tokens, tile.tokens());
        p.many(kernels.of(run.tokens).args(), run, input)
                .launch(run.queue, rowGroups * unit.lanes(), tokenGroups * tile.subs(), unit.lanes(), tile.subs());
    }

    @Override
    public void close() {
        input.close();
        kernels.close();
    }
}
