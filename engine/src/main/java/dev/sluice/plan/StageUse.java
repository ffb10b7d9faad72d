package dev.sluice.plan;

/**
 * What a stage takes for one step, in seconds and bytes.
 *
 * @param compute seconds of the device, with those in which it waits for the CPU
 * @param copy seconds of the link
 * @param hostTime seconds that the host's memory needs for what the stage reads from it
 * @param hop seconds of beginning, ending and handing on
 * @param hostBytes read from the host's memory
 * @param cpu seconds of the processor
 * @param fixed bytes of host memory that must be there: everything of a device that shares it, pinned slots, and the CPU's copies
 *     of halves that it computes
 * @param pool bytes of weights that are read from host memory, or from the file where they do not fit
 * @param poolRead bytes of those that a step reads
 */
record StageUse(
        double compute,
        double copy,
        double hostTime,
        double hop,
        double hostBytes,
        double cpu,
        double fixed,
        double pool,
        double poolRead) {
    double seconds() {
        return Math.max(compute, Math.max(copy, hostTime)) + hop;
    }

    /** The same with other seconds of the link, those included in which it waits. */
    StageUse withCopy(double seconds) {
        return new StageUse(compute, seconds, hostTime, hop, hostBytes, cpu, fixed, pool, poolRead);
    }
}
