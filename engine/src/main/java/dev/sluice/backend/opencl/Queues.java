package dev.sluice.backend.opencl;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.error.DeviceFailure;
import dev.sluice.opencl.ClException;
import dev.sluice.opencl.Context;
import dev.sluice.opencl.Device;
import dev.sluice.opencl.Queue;
import dev.sluice.trace.Timeline;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The context of a device and its in-order queues: one that computes and, from when it is first wanted, one beside it that
 * copies. Not thread-safe: its device sees to that.
 */
final class Queues implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Queues.class);

    private final Device device;
    private final Context context;
    private Queue computing;
    private @Nullable Queue copying;

    /**
     * A context with a queue that computes.
     *
     * @throws DeviceFailure if the driver refuses
     */
    Queues(DeviceInfo info, Device device) {
        this.device = device;
        try {
            context = Context.create(device);
            computing = first();
        } catch (ClException e) {
            throw new DeviceFailure(
                    info.id(),
                    DeviceFailure.Phase.OPEN,
                    "The OpenCL device " + info.id() + " (" + device + ") cannot be opened: " + e.getMessage()
                            + ". Is it in use by another process, or its driver out of date?",
                    e);
        }
    }

    private Queue first() {
        try {
            return newQueue();
        } catch (RuntimeException e) {
            context.close();
            throw e;
        }
    }

    /** A queue whose commands tell when they ran, if somebody wants to know. */
    private Queue newQueue() {
        return Timeline.on() ? context.newProfilingQueue(device) : context.newQueue(device);
    }

    Context context() {
        return context;
    }

    Queue computing() {
        return computing;
    }

    Queue copying() {
        Queue present = copying;
        if (present == null) {
            present = newQueue();
            copying = present;
        }
        return present;
    }

    /** Puts a queue that profiles in the place of the one that computes, which has nothing left to do. */
    void profile() {
        Queue plain = computing;
        computing = context.newProfilingQueue(device);
        plain.close();
    }

    /** Waits for all that was queued, unless the driver does not answer any more. */
    void finish() {
        if (context.isLost()) {
            return;
        }
        computing.finish();
        if (copying != null) {
            copying.finish();
        }
    }

    /** As {@link #finish}; what has failed does not run any more, either. */
    void finishQuietly() {
        try {
            finish();
        } catch (ClException e) {
            LOG.debug("A queue cannot be waited for", e);
        }
    }

    /** After all that was made from the context. */
    @Override
    public void close() {
        if (copying != null) {
            copying.close();
        }
        computing.close();
        context.close();
    }
}
