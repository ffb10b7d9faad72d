package dev.sluice.plan;

import java.util.List;

/**
 * Stages that together compute a model, and how long a step through all of them takes.
 *
 * <p>With one micro-batch the stages follow one another. With as many micro-batches as stages all stages work at once, each
 * for another part of the batch, and the slowest sets the pace, unless the host's memory, its processor or the disk, which
 * they share, need longer.
 *
 * @param microBatches parts of the batch that follow each other
 * @param layouts the stages in the order of the layers
 * @param uses what each takes for one part
 */
record Chain(int microBatches, List<StageLayout> layouts, List<StageUse> uses) {
    Chain {
        layouts = List.copyOf(layouts);
        uses = List.copyOf(uses);
    }

    /** Seconds between two steps of the whole batch; infinite if the host's memory does not suffice. */
    double seconds(HostProfile host) {
        return microBatches * interval(uses, microBatches > 1, host);
    }

    /** Seconds from one part of the batch to the next. */
    static double interval(List<StageUse> uses, boolean pipelined, HostProfile host) {
        double disk = diskSeconds(uses, host);
        if (!pipelined) {
            return Math.max(uses.stream().mapToDouble(StageUse::seconds).sum(), disk);
        }
        double slowest = Math.max(disk, hostSeconds(uses, host));
        slowest = Math.max(slowest, uses.stream().mapToDouble(StageUse::cpu).sum());
        return Math.max(
                slowest, uses.stream().mapToDouble(StageUse::seconds).max().orElseThrow());
    }

    /** Seconds that the host's memory needs for all stages. */
    static double hostSeconds(List<StageUse> uses, HostProfile host) {
        return uses.stream().mapToDouble(StageUse::hostBytes).sum() / host.readBytesPerSecond();
    }

    /**
     * Seconds in which the disk delivers what the host's memory cannot hold, infinite if that is not possible. As much of
     * the weights as fits stays in memory; of what is read in a step the rest's share comes from the disk.
     */
    static double diskSeconds(List<StageUse> uses, HostProfile host) {
        double fixed = uses.stream().mapToDouble(StageUse::fixed).sum();
        double pool = uses.stream().mapToDouble(StageUse::pool).sum();
        double read = uses.stream().mapToDouble(StageUse::poolRead).sum();
        return diskSeconds(fixed, pool, read, host);
    }

    /** Bytes of the weights that the host's memory has no room for. */
    static long diskBytes(List<StageUse> uses, HostProfile host) {
        double bytes =
                uses.stream().mapToDouble(use -> use.fixed() + use.pool()).sum();
        return (long) Math.max(0, bytes - host.memoryBytes());
    }

    static double diskSeconds(double fixed, double pool, double read, HostProfile host) {
        if (fixed > host.memoryBytes()) {
            return Double.POSITIVE_INFINITY;
        }
        double excess = fixed + pool - host.memoryBytes();
        if (excess <= 0) {
            return 0;
        }
        return host.diskBytesPerSecond() == 0
                ? Double.POSITIVE_INFINITY
                : read * (excess / pool) / host.diskBytesPerSecond();
    }
}
