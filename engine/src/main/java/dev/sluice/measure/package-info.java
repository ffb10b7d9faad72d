/**
 * Times our own kernels through the contract of any backend: layers of random weights in a chosen format and shape, several
 * in one submission as in a model, more of them than caches hold. What a device reaches beside its peaks, and what a plan
 * may count on.
 */
@NullMarked
package dev.sluice.measure;

import org.jspecify.annotations.NullMarked;
