package dev.sluice.backend.opencl;

import dev.sluice.tensor.DType;
import java.util.List;

/** {@code embed.cl} or {@code embed_planes.cl}: looks ids up in a table, a launch for each of its pieces. */
final class Embed implements Stage {
    private final List<Matrix> pieces;
    private final int rows;
    private final float scale;
    private final Value y;
    private final int items;
    private final BoundKernel kernel;

    /** {@code pieces} are the table's rows in order. */
    Embed(OpenClDevice device, List<Matrix> pieces, float scale, Value y) {
        this.pieces = pieces;
        rows = pieces.stream().mapToInt(Matrix::rows).sum();
        this.scale = scale;
        this.y = y;
        items = device.tuning().items();
        kernel = device.bind(spec(device.tuning(), pieces.getFirst().type()));
    }

    static ProgramSpec spec(DeviceTuning tuning, DType type) {
        ProgramSpec planes = ProgramSpec.of("embed_planes").withPlanes(type);
        ProgramSpec spec = switch (tuning.layout()) {
            case TILES -> ProgramSpec.of("embed").with(type);
            case PLANES -> planes;
            case COLUMNS -> planes.with("BY_COLUMNS", 1);
        };
        return spec.with("ITEMS", tuning.items()).multiplyingBy(tuning);
    }

    @Override
    public void submit(Run run) {
        int first = 0;
        for (int i = 0; i < pieces.size(); i++) {
            Matrix piece = pieces.get(i);
            kernel.args()
                    .buffer(piece.tiles())
                    .i32(first)
                    .i32(piece.rows())
                    .i32(rows)
                    .i32(piece.cols())
                    .f32(scale)
                    .buffer(run.slot(Value.INPUT))
                    .buffer(run.buffer(y))
                    .i32(y.at())
                    .launch(run.queue, (long) run.tokens * items, 1, items, 1);
            first += piece.rows();
        }
    }

    @Override
    public void close() {
        kernel.close();
    }
}
