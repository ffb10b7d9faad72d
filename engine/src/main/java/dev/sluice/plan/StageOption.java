package dev.sluice.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * One way to keep the weights of a stage.
 *
 * @param use what it takes
 * @param groups the stage's movable pieces
 * @param streamed how many of each group are copied for each step
 * @param hosted how many of each group the CPU computes
 */
record StageOption(StageUse use, List<PieceGroup> groups, List<Integer> streamed, List<Integer> hosted) {
    /** Whether this is at least as good in all that counts. */
    boolean dominates(StageUse b) {
        StageUse a = use;
        return a.seconds() <= b.seconds()
                && a.hostBytes() <= b.hostBytes()
                && a.cpu() <= b.cpu()
                && a.fixed() <= b.fixed()
                && a.pool() <= b.pool()
                && a.poolRead() <= b.poolRead();
    }

    /** Which layers that means: those that are streamed lie as far apart as they can, so that copies have time. */
    StageLayout layout(int device, int from, int to) {
        List<Residency> dense = new ArrayList<>(Collections.nCopies(to - from, Residency.RESIDENT));
        List<Residency> experts = new ArrayList<>(dense);
        int ofLast = 0;
        for (int g = 0; g < groups.size(); g++) {
            List<Integer> members = groups.get(g).members();
            int away = streamed.get(g) + hosted.get(g);
            for (int k = 0; k < away; k++) {
                int member = members.get((int) ((2L * k + 1) * members.size() / (2L * away)));
                Residency place = (long) (k + 1) * hosted.get(g) / away > (long) k * hosted.get(g) / away
                        ? Residency.HOST
                        : Residency.STREAMED;
                (member % 2 == 0 ? dense : experts).set(member / 2, place);
                ofLast = member == 2 * (to - from - 1) ? groups.get(g).piece().parts() : ofLast;
            }
        }
        return new StageLayout(device, from, dense, experts, ofLast);
    }
}
