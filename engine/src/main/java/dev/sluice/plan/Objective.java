package dev.sluice.plan;

/** What a plan is to be best at. */
public enum Objective {
    /** The shortest step: all sequences of the batch go through the devices together. */
    LATENCY,
    /** The most tokens per second of all sequences together: the batch may be parted, so that all devices are busy. */
    THROUGHPUT
}
