package dev.sluice.plan;

/**
 * The weights of a stage that are not in its device's memory.
 *
 * @param bytes of all of them
 * @param streamed bytes that a step copies to the device
 * @param largest bytes of the largest piece that is copied
 * @param hosted bytes of experts that the CPU reads in a step
 * @param delay seconds that the step takes longer because the CPU computes experts
 * @param cpu seconds of the CPU
 * @param copied bytes that the CPU holds of layers that are streamed, to compute their feed-forward halves
 */
record Away(long bytes, double streamed, double largest, double hosted, double delay, double cpu, long copied) {
    static final Away NOTHING = new Away(0, 0, 0, 0, 0, 0, 0);

    /** With some alike pieces more that are copied. */
    Away stream(int count, long each, double read) {
        return count == 0
                ? this
                : new Away(
                        bytes + count * each,
                        streamed + count * read,
                        Math.max(largest, read),
                        hosted,
                        delay,
                        cpu,
                        copied);
    }

    /** With some alike groups of experts more that the CPU computes. */
    Away host(int count, long each, double read, double delta, double seconds) {
        return count == 0
                ? this
                : new Away(
                        bytes + count * each,
                        streamed,
                        largest,
                        hosted + count * read,
                        delay + count * delta,
                        cpu + count * seconds,
                        copied);
    }

    /** With the feed-forward half of a layer that is streamed left to the CPU. */
    Away hostHalf(long half, double delta, double seconds) {
        return new Away(bytes, streamed - half, largest, hosted, delay + delta, cpu + seconds, copied + half);
    }
}
