/**
 * The CPU backend. {@link dev.sluice.backend.cpu.ScalarOps} defines every operation in plain loops; on a JVM with the
 * Vector API the hot ones run as vector code over row tiles, on a worker pool that the device owns.
 */
@NullMarked
package dev.sluice.backend.cpu;

import org.jspecify.annotations.NullMarked;
