package dev.sluice.backend.cpu;

/** A worker's place in its pool and the scratch memory that only it touches. */
final class Worker {
    final int index;
    final int count;
    final Scratch scratch;

    Worker(int index, int count, Scratch scratch) {
        this.index = index;
        this.count = count;
        this.scratch = scratch;
    }

    /** First of this worker's share of {@code total} equal pieces of work; the same share in every step. */
    int first(int total) {
        return first(total, index, count);
    }

    /** End, exclusive, of this worker's share. */
    int last(int total) {
        return first(total, index + 1, count);
    }

    /** First of the share that worker {@code index} of {@code count} has of {@code total} pieces. */
    static int first(int total, int index, int count) {
        return (int) ((long) total * index / count);
    }
}
