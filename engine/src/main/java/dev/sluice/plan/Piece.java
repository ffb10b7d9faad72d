package dev.sluice.plan;

/**
 * What is placed as one: a layer's own weights, or all experts of a layer. Pieces of a stage that are equal are the same
 * to the planner.
 *
 * @param parts that come to slots one by one: more than one of a head
 * @param bytes of a part in the device's memory
 * @param read bytes of a part that are copied, or that the CPU reads, in a step; a slot holds as many
 * @param streamable whether it may be copied for each step
 * @param hostable whether the CPU may compute it
 * @param delta seconds that the step then takes longer
 * @param cpu seconds of the CPU then
 */
record Piece(int parts, long bytes, double read, boolean streamable, boolean hostable, double delta, double cpu) {
    static Piece own(StageModel model, int from, int i) {
        long bytes = model.partBytes(i);
        return new Piece(model.parts(i), bytes, (double) bytes, model.canStream(from, i), false, 0, 0);
    }

    static Piece experts(StageModel model, int i, long bytes) {
        double read = model.expertRead(i);
        boolean hostable = model.canHostExperts(i);
        return new Piece(
                1,
                bytes,
                read,
                model.canStreamExperts(i),
                hostable,
                hostable ? model.expertDelta(i) : 0,
                hostable ? model.expertsOnCpu(i) : 0);
    }

    boolean movable() {
        return streamable || hostable;
    }

    /** How unlike two are, as a fraction of the larger; infinite if they cannot be taken for one. */
    double distance(Piece other) {
        return parts != other.parts || streamable != other.streamable || hostable != other.hostable
                ? Double.POSITIVE_INFINITY
                : Math.abs(bytes - other.bytes) / (double) Math.max(bytes, other.bytes);
    }

    /** A piece that stands for either, on the safe side. */
    Piece merged(Piece other) {
        return new Piece(
                parts,
                Math.min(bytes, other.bytes),
                Math.max(read, other.read),
                streamable,
                hostable,
                Math.max(delta, other.delta),
                Math.max(cpu, other.cpu));
    }

    /** With so many of these streamed. */
    Away streamed(int count, Away away) {
        return away.stream(count * parts, bytes, read);
    }
}
