/**
 * Which device computes what: finding devices, understanding a user's choice, checking that a model fits, and the {@link
 * dev.sluice.plan.Planner}, which places a {@link dev.sluice.plan.ModelShape} on {@link dev.sluice.plan.Hardware} and
 * predicts how fast it will be.
 */
@NullMarked
package dev.sluice.plan;

import org.jspecify.annotations.NullMarked;
