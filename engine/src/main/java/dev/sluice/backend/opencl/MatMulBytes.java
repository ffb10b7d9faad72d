package dev.sluice.backend.opencl;

import dev.sluice.tensor.DType;
import org.jspecify.annotations.Nullable;

/** {@code quantise.cl}, then {@code matmul_bytes.cl}: a product of quantised row planes with many tokens, in bytes. */
final class MatMulBytes implements Stage {
    private final OpenClDevice device;
    private final Product product;
    private final PlaneTuning tuning;
    private final NormedInput input;
    private final Quantised wanted;
    private final BoundKernel quantise;
    private final ByTokens kernels;

    MatMulBytes(OpenClDevice device, Product product, DeviceTuning all) {
        this.device = device;
        this.product = product;
        tuning = all.planes();
        input = new NormedInput(device, product);
        wanted = new Quantised(product.x(), product.norm());
        quantise = device.bind(quantiseSpec());
        DType type = product.matrices().getFirst().type();
        kernels = new ByTokens(device, tokens -> spec(all, type, tokens));
        device.scratch().reserveBytes(product.cols());
    }

    static ProgramSpec quantiseSpec() {
        return ProgramSpec.of("quantise");
    }

    /** Whether matrices of a format can be multiplied so, on a device that wants it. */
    static boolean serves(DeviceTuning tuning, DType type) {
        return tuning.planes().arithmetic() == PlaneTuning.Arithmetic.BYTES && type.blockSize() > 1;
    }

    /** The program for a number of tokens; there are two, for up to {@link PlaneTuning#FEW} and for more. */
    static ProgramSpec spec(DeviceTuning tuning, DType type, int tokens) {
        // Integer dot products are a feature of OpenCL C 3.0.
        PlaneTuning.Dot dot = tuning.planes().dot();
        ProgramSpec spec = ProgramSpec.of("matmul_bytes")
                .withPlanes(type)
                .with("ROW_QUADS", tuning.planes().quads())
                .with("TOKEN_QUADS", tuning.planes().tokenQuads(tokens))
                .with("DOT", dot.number)
                .multiplyingBy(tuning);
        return dot == PlaneTuning.Dot.KHR ? spec.in("CL3.0") : spec;
    }

    /** What the bytes hold: products with the same input and norm share them. */
    private record Quantised(Value x, Product.@Nullable Norm norm) {}

    @Override
    public void submit(Run run) {
        Product p = product;
        Scratch scratch = device.scratch();
        if (!run.holds(wanted)) {
            quantise.args()
                    .buffer(input.of(run))
                    .i32(input.at())
                    .i32(p.cols())
                    .buffer(scratch.bytes())
                    .buffer(scratch.byteScales())
                    .launch(run.queue, p.cols() / 32, run.tokens, 0, 0);
            run.packs(wanted);
        }
        BoundKernel args = p.matrices(kernels.of(run.tokens).args())
                .buffer(p.bias())
                .buffer(scratch.bytes())
                .buffer(scratch.byteScales());
        MatMulPlanes.launch(p.ends(args, run), run, tuning, p);
    }

    @Override
    public void close() {
        input.close();
        quantise.close();
        kernels.close();
    }
}
