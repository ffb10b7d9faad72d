package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Queue;
import dev.sluice.opencl.RepeatedRead;
import java.lang.foreign.ValueLayout;

/** Where the work-groups of {@link LayersKernel}s wait for each other ({@code meeting.cl}). */
final class Meeting implements AutoCloseable {
    private static final int WORDS = 16;
    private static final int COME = 0;
    private static final int BROKEN = 1;
    /** The count of who has come begins anew long before it would overflow. */
    private static final int MOST_COME = 1 << 30;

    private final Buffer words;
    private final RepeatedRead seen = new RepeatedRead((long) Integer.BYTES * WORDS);

    Meeting(OpenClDevice device, Queue queue) {
        words = device.newBuffer((long) Integer.BYTES * WORDS, "the meetings of work-groups");
        queue.fill(words, 0, words.byteSize(), 0);
    }

    Buffer words() {
        return words;
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
