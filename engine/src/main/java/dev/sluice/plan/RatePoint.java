package dev.sluice.plan;

/**
 * A measured matrix product with few tokens.
 *
 * @param tokens tokens of the step
 * @param bytesPerSecond bytes of packed weights over seconds
 */
public record RatePoint(int tokens, double bytesPerSecond) {}
