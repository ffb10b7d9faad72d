package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.NDRange;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A launch that was written down instead of made.
 *
 * @param spec the kernel
 * @param arguments in the kernel's order
 * @param range its work-items
 */
record TracedLaunch(ProgramSpec spec, List<Argument> arguments, NDRange range) {
    /**
     * An argument.
     *
     * @param buffer null if it is none, or one that the kernel does not touch
     * @param bits a number, the bits of a float, or bytes of local memory
     */
    record Argument(BoundKernel.Kind kind, @Nullable Buffer buffer, int bits) {}
}
