/**
 * The CPU backend. {@link dev.sluice.backend.cpu.ScalarOps} defines every operation in plain loops; on a JVM with the
 * Vector API the hot ones run as vector code over row tiles, on a worker pool that the device owns. A {@code CpuDevice} puts the
 * workers, the packed weights, the {@code CompiledLayers} and the {@code Workspace} that these share together; the layers of a
 * step go through the workers as one {@code LayerQueue}.
 */
@NullMarked
package dev.sluice.backend.cpu;

import org.jspecify.annotations.NullMarked;
