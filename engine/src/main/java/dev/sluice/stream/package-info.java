/**
 * Weights that do not fit a device come to it behind the computation: a ring of slots in its memory, filled in the order in
 * which layers run, on across the boundaries of steps; from host memory, or from a file where that is too small, too.
 */
@NullMarked
package dev.sluice.stream;

import org.jspecify.annotations.NullMarked;
