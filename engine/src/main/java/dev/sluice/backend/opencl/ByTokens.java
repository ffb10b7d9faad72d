package dev.sluice.backend.opencl;

import java.util.function.IntFunction;

/** A kernel in two shapes: for up to {@link PlaneTuning#FEW} tokens, and for more. */
final class ByTokens implements AutoCloseable {
    private final BoundKernel few;
    private final BoundKernel many;

    /** {@code spec}: the program for a number of tokens. */
    ByTokens(OpenClDevice device, IntFunction<ProgramSpec> spec) {
        few = device.bind(spec.apply(1));
        many = device.bind(spec.apply(Integer.MAX_VALUE));
    }

    BoundKernel of(int tokens) {
        return tokens <= PlaneTuning.FEW ? few : many;
    }

    @Override
    public void close() {
        few.close();
        many.close();
    }
}
