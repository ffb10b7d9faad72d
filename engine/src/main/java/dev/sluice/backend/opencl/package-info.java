/**
 * Computes on OpenCL devices. A {@link dev.sluice.backend.opencl.OpenClDevice} owns a context, one in-order queue, the
 * programs ({@code Programs}, compiled once and kept on disk by {@code ProgramCache}), the weights ({@code WeightStore})
 * and the scratch memory. {@code LayerPlan} turns a layer's operations into few {@code Stage}s, each a launch or two; the
 * host class of a stage is called like its kernel. What depends on the device is decided in {@code DeviceTuning} alone.
 */
@NullMarked
package dev.sluice.backend.opencl;

import org.jspecify.annotations.NullMarked;
