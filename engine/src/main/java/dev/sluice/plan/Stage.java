package dev.sluice.plan;

/**
 * Consecutive layers on one device, and how long they take for one decode step of the sequences that go through
 * together.
 *
 * @param device id of the device
 * @param from index of the first layer
 * @param to index behind the last layer
 * @param computeSeconds the device computes, or waits for the CPU to compute experts
 * @param copySeconds weights cross the link
 * @param hostSeconds the host's memory needs to give all that the stage reads from it
 * @param hopSeconds activations go to the next device
 */
public record Stage(
        String device,
        int from,
        int to,
        double computeSeconds,
        double copySeconds,
        double hostSeconds,
        double hopSeconds) {
    /** Seconds of the stage: copies run behind the computation. */
    public double seconds() {
        return Math.max(computeSeconds, Math.max(copySeconds, hostSeconds)) + hopSeconds;
    }
}
