package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Queue;
import dev.sluice.opencl.RepeatedRead;
import java.lang.foreign.ValueLayout;

/** Where the work-groups of {@link LayersKernel}s wait for each other ({@code meeting.cl}). */
final class Meeting implements AutoCloseable {
    /** Of what the host looks at; the counts of {@code shares.cl} lie behind. */
    private static final int WORDS = 16;

    private static final int COUNT_WORDS = 16;
    private static final int SETS = 3;
    private static final int COME = 0;
    private static final int BROKEN = 1;
    /** The count of who has come begins anew long before it would overflow. */
    private static final int MOST_COME = 1 << 30;

    private final Buffer words;
    private int turn;
    private final RepeatedRead seen = new RepeatedRead((long) Integer.BYTES * WORDS);

    Meeting(OpenClDevice device, Queue queue) {
        int counts = SETS * COUNT_WORDS * device.limits().computeUnits();
        words = device.newBuffer((long) Integer.BYTES * (WORDS + counts), "the meetings of work-groups");
        queue.fill(words, 0, words.byteSize(), 0);
    }

    Buffer words() {
        return words;
    }

    /** The turn of the next launch, whose sets of counts are others than those that the launch before used last. */
    int turn() {
        turn = (turn + 1) % SETS;
        return turn;
    }

    /** Has the host see how it went, when what was queued so far is done. */
    void look(Queue queue) {
        // Whoever waits for what is queued after it waits for it as well.
        seen.start(queue, words, 0);
    }

    /** Whether a meeting broke before the last look that is done: what was computed since is void. */
    boolean broke() {
        return seen(BROKEN) != 0;
    }

    /** Whether the next meetings must begin with {@link #reset}. */
    boolean worn() {
        return broke() || seen(COME) > MOST_COME;
    }

    private int seen(int word) {
        return seen.segment().getAtIndex(ValueLayout.JAVA_INT, word);
    }

    /** Begins anew; nothing may be under way. */
    void reset(Queue queue) {
        queue.fill(words, 0, words.byteSize(), 0);
        queue.finish();
        seen.segment().fill((byte) 0);
    }

    @Override
    public void close() {
        seen.close();
    }
}
