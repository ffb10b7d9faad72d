package dev.sluice.plan;

/**
 * What an improvement of the hardware would give.
 *
 * @param change the improvement, for people: {@code 1 GiB more on opencl:0}
 * @param decode tokens per second that the best plan would then reach
 * @param gain that speed over this plan's
 */
public record Lift(String change, double decode, double gain) {}
