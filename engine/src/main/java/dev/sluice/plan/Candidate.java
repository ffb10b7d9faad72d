package dev.sluice.plan;

/**
 * The best chain for one batch.
 *
 * @param batch sequences decoded at once
 * @param chain how
 * @param seconds between two steps of the whole batch
 */
record Candidate(int batch, Chain chain, double seconds) {
    /** Tokens per second of all sequences together. */
    double rate() {
        return batch / seconds;
    }

    /** Sequences that go through the stages together. */
    int part() {
        return Math.ceilDiv(batch, chain.microBatches());
    }
}
