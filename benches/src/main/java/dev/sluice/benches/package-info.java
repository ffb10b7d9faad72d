/** Micro-benchmarks; each class says how it is run. */
@NullMarked
package dev.sluice.benches;

import org.jspecify.annotations.NullMarked;
