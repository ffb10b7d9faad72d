package dev.sluice.backend.opencl;

import dev.sluice.opencl.NDRange;

/** A product with one token by one kernel; several tokens are taken one after another. */
abstract class TokenProduct implements Stage {
    private final Product product;
    private final BoundKernel kernel;
    private final NDRange range;

    /** {@code range}: the launch for a token. */
    TokenProduct(Product product, BoundKernel kernel, NDRange range) {
        this.product = product;
        this.kernel = kernel;
        this.range = range;
    }

    /** Hands the kernel its arguments for a token. */
    BoundKernel arguments(Run run, int t) {
        return product.token(kernel.args(), run, t);
    }

    @Override
    public final void submit(Run run) {
        for (int t = 0; t < run.tokens; t++) {
            arguments(run, t).launch(run.queue, range);
        }
    }

    @Override
    public final void close() {
        kernel.close();
    }
}
