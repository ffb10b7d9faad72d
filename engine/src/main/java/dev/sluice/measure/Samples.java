package dev.sluice.measure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleSupplier;

/** Takes samples of several things in turn, so that a slow moment of the machine meets all of them. */
public final class Samples {
    private Samples() {}

    /**
     * Takes samples.
     *
     * @param rounds how many of each
     * @return an array for each thing, in the order of the rounds
     */
    public static List<double[]> interleaved(int rounds, List<DoubleSupplier> things) {
        List<double[]> samples = new ArrayList<>();
        things.forEach(thing -> samples.add(new double[rounds]));
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < things.size(); i++) {
                samples.get(i)[round] = things.get(i).getAsDouble();
            }
        }
        return samples;
    }

    /** The one in the middle, or the mean of the two there. */
    public static double median(double... samples) {
        double[] sorted = samples.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
