/**
 * Computes on OpenCL devices. A {@link dev.sluice.backend.opencl.OpenClDevice} puts its parts together and lets one thread at a
 * time have them: a context with its {@code Queues}, what is told to them ({@code Commands}: a step is a {@code ForwardPass},
 * and {@code Steps} knows the ways that it can take), the programs ({@code Programs}, compiled once and kept on disk by
 * {@code ProgramCache}), the buffers ({@code Memories}), the weights ({@code WeightStore}) and the scratch memory, the
 * {@code CompiledLayers} and, for weights that are streamed, slots and images ({@code Streaming}).
 *
 * <p>{@code LayerPlan} turns a layer's operations into few {@code Stage}s, each a launch or two; the host class of a stage is
 * called like its kernel. What depends on the device is decided in {@code DeviceTuning} alone.
 */
@NullMarked
package dev.sluice.backend.opencl;

import org.jspecify.annotations.NullMarked;
