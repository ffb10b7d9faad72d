package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Queue;
import java.lang.foreign.MemorySegment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the work-groups of {@link LayerKernel}s wait for each other ({@code meeting.cl}), and how such steps do beside steps
 * of single launches.
 */
final class Meeting {
    private static final Logger LOG = LoggerFactory.getLogger(Meeting.class);
    private static final int WORDS = 16;
    private static final int COME = 0;
    private static final int BROKEN = 1;
    /** The count of who has come begins anew long before it would overflow, between two steps. */
    private static final int MOST_COME = 1 << 30;

    private final OpenClDevice device;
    private final Buffer words;
    private final int[] read = new int[WORDS];
    private final Pace pace = new Pace();

    Meeting(OpenClDevice device, Queue queue) {
        this.device = device;
        words = device.newBuffer((long) Integer.BYTES * WORDS, "the meetings of work-groups");
        queue.fill(words, 0, words.byteSize(), 0);
    }

    Buffer words() {
        return words;
    }

    /** Whether meetings are the faster way, as far as is known; first. */
    Pace pace() {
        return pace;
    }

    /** Waits for the queue, and says whether a meeting broke: what was computed since the last time is then void. */
    boolean broke(Queue queue) {
        queue.read(words, 0, MemorySegment.ofArray(read));
        boolean broken = read[BROKEN] != 0;
        if (broken || read[COME] > MOST_COME) {
            queue.fill(words, 0, words.byteSize(), 0);
        }
        if (!broken) {
            return false;
        }
        LOG.debug(
                "{}: work-groups waited too long for each other; the step is taken launch by launch",
                device.info().id());
        return true;
    }
}
