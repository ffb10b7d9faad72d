package dev.sluice.plan;

/**
 * The experts of one layer.
 *
 * @param count experts of the layer
 * @param used experts that one token goes through, chosen by the router
 * @param each the matrices of one of them
 */
record ExpertShape(int count, int used, WeightPart each) {
    ExpertShape {
        Checks.require(used >= 1 && used <= count, "used must be 1 to count (" + count + "), not " + used);
    }

    /** Bytes of all experts. */
    long bytes() {
        return count * each.bytes();
    }

    /** Experts that the tokens of a step choose together, expected if every choice is as likely: E · (1 − (1 − k/E)^b). */
    double distinct(double tokens) {
        return count * (1 - Math.pow(1 - (double) used / count, tokens));
    }
}
