package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Queue;
import java.lang.foreign.MemorySegment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the work-groups of {@link LayerKernel}s wait for each other ({@code meeting.cl}), and whether that is worth trying. A
 * meeting that breaks, because a group was kept waiting too long, costs time: after it steps go without for a while, longer
 * each time.
 */
final class Meeting {
    private static final Logger LOG = LoggerFactory.getLogger(Meeting.class);
    private static final int WORDS = 16;
    private static final int BROKEN = 1;
    private static final int FIRST_PAUSE = 64;
    private static final int LONGEST_PAUSE = 8192;

    private final OpenClDevice device;
    private final Buffer words;
    private final int[] read = new int[WORDS];
    private int pause;
    private int nextPause = FIRST_PAUSE;

    Meeting(OpenClDevice device, Queue queue) {
        this.device = device;
        words = device.newBuffer((long) Integer.BYTES * WORDS, "the meetings of work-groups");
        queue.fill(words, 0, words.byteSize(), 0);
    }

    Buffer words() {
        return words;
    }

    /** Whether a step may have meetings. */
    boolean open() {
        if (pause > 0) {
            pause--;
            return false;
        }
        return true;
    }

    /** Waits for the queue, and says whether a meeting broke: what was computed since the last time is then void. */
    boolean broke(Queue queue) {
        queue.read(words, 0, MemorySegment.ofArray(read));
        if (read[BROKEN] == 0) {
            return false;
        }
        queue.fill(words, 0, words.byteSize(), 0);
        pause = nextPause;
        nextPause = Math.min(LONGEST_PAUSE, 2 * nextPause);
        LOG.info(
                "{}: work-groups waited too long for each other (is the machine busy?); the next {} tokens are computed"
                        + " launch by launch",
                device.info().id(),
                pause);
        return true;
    }
}
