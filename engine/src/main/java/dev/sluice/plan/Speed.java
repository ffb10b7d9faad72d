package dev.sluice.plan;

/**
 * A predicted speed.
 *
 * @param tokensPerSecond of all sequences together
 * @param seconds of one step: a token of each sequence, or a piece of a prompt
 * @param bottleneck what bounds it
 */
public record Speed(double tokensPerSecond, double seconds, Bottleneck bottleneck) {}
