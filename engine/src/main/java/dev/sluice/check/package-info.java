/**
 * One run that says how a device does: what it reaches at best, what share of that our kernels reach, whether they compute
 * right, and how fast models are. Meant for machines that nobody will sit at: what fails is written down and the rest goes on.
 */
@NullMarked
package dev.sluice.check;

import org.jspecify.annotations.NullMarked;
