package dev.sluice.plan;

import java.util.List;

/** What the disk takes at least for every chain that begins in a given way; the host's memory may rule it out altogether. */
final class DiskBound {
    private final HostProfile host;
    private final LeastSum total;
    private final LeastSum fixed;
    private final LeastSum read;

    DiskBound(Problem problem, List<StageOptions> options) {
        host = problem.hardware.host();
        total = new LeastSum(problem, options, use -> use.fixed() + use.pool());
        fixed = new LeastSum(problem, options, StageUse::fixed);
        read = new LeastSum(problem, options, StageUse::poolRead);
    }

    /** The chain that takes the least of the host's memory. */
    LeastSum smallest() {
        return total;
    }

    /**
     * Seconds of the disk, at least. Of what is read the disk's share is (total − memory) / (total − fixed), which grows
     * with either of both.
     *
     * @param fixedBefore bytes that the stages before take, as {@link StageUse#fixed}
     * @param pool as {@link StageUse#pool}
     * @param poolRead as {@link StageUse#poolRead}
     * @param set devices that are left for the layers from j on
     */
    double seconds(double fixedBefore, double pool, double poolRead, int set, int j) {
        double leastTotal = fixedBefore + pool + total.rest(set, j);
        double excess = leastTotal - host.memoryBytes();
        if (excess <= 0) {
            return 0;
        }
        double leastFixed = fixedBefore + fixed.rest(set, j);
        if (host.diskBytesPerSecond() == 0 || leastFixed > host.memoryBytes()) {
            return Double.POSITIVE_INFINITY;
        }
        double leastRead = poolRead + read.rest(set, j);
        return leastRead * (excess / (leastTotal - leastFixed)) / host.diskBytesPerSecond();
    }
}
