package dev.sluice.plan;

/**
 * What one step computes.
 *
 * @param sequences that take part
 * @param tokens of each
 * @param seen positions that a token attends to, on average
 */
record Load(double sequences, double tokens, double seen) {
    /** A token of each sequence, behind a context. */
    static Load decode(double sequences, double depth) {
        return new Load(sequences, 1, depth + 1);
    }

    /** A piece of one prompt. */
    static Load prompt(int tokens) {
        return new Load(1, tokens, (tokens + 1) / 2.0);
    }

    /** Tokens of all sequences together. */
    double rows() {
        return sequences * tokens;
    }
}
