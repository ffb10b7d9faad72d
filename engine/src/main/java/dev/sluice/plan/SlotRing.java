package dev.sluice.plan;

import java.util.Arrays;

/**
 * How long a step takes whose streamed layers come to a device through a ring of slots, once one step follows another.
 *
 * <p>The larger of all computation and all copies is the least, and is not always reached: while layers compute that are resident,
 * the link rests as soon as all slots are full, and a streamed layer that is not there yet has the device wait. A long stretch of
 * resident layers, such as a large head, costs most. With a device's memory given, more slots do not change that: what they hold
 * more when the stretch ends has to be copied in the place of a layer that could have been resident.
 */
public final class SlotRing {
    private static final int WARM_UP = 8;
    private static final int STEPS = 8;

    private SlotRing() {}

    /**
     * Seconds from one step to the next. The copy to a slot begins when the layer that it held has been computed, in the order in
     * which the layers run, on from the last to the first.
     *
     * @param compute seconds of each layer
     * @param copy seconds of its copy; 0 if it is resident
     * @param slots one at least
     * @param between seconds between the last layer of a step and the first of the next
     */
    public static double seconds(double[] compute, double[] copy, int slots, double between) {
        long streamed = Arrays.stream(copy).filter(seconds -> seconds > 0).count();
        if (streamed <= slots) {
            return Arrays.stream(compute).sum() + between; // each keeps its slot
        }
        double[] free = new double[slots];
        double now = 0;
        double link = 0;
        double begun = 0;
        int turn = 0;
        for (int step = 0; step < WARM_UP + STEPS; step++) {
            if (step == WARM_UP) {
                begun = now;
            }
            for (int i = 0; i < compute.length; i++) {
                if (copy[i] > 0) {
                    link = Math.max(link, free[turn]) + copy[i];
                    now = Math.max(now, link);
                    free[turn] = now + compute[i];
                    turn = (turn + 1) % slots;
                }
                now += compute[i];
            }
            now += between;
        }
        return (now - begun) / STEPS;
    }
}
