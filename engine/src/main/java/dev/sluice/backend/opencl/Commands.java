package dev.sluice.backend.opencl;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.LaunchProfile;
import dev.sluice.error.DeviceFailure;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.ClException;
import dev.sluice.opencl.Queue;
import dev.sluice.opencl.RepeatedRead;
import dev.sluice.opencl.RepeatedWrite;
import dev.sluice.trace.Timeline;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What a device is told to do, in order, and waited for: steps, copies, and whatever else its parts queue. A command that fails
 * is the failure of the device; what is not settled is given up then, so that what is closed next does not wait for it.
 *
 * <p>But for {@link #await}, its methods are called by whoever holds the device.
 */
final class Commands implements AutoCloseable {
    private final DeviceInfo info;
    private final Queues queues;
    private final Deadline deadline;
    private final Steps steps;
    private final LaunchRecorder recorder;

    Commands(DeviceInfo info, Queues queues, Deadline deadline, Steps steps, LaunchRecorder recorder) {
        this.info = info;
        this.queues = queues;
        this.deadline = deadline;
        this.steps = steps;
        this.recorder = recorder;
    }

    /** Queues something. */
    void run(Consumer<Queue> action) {
        try {
            action.accept(queues.computing());
        } catch (ClException e) {
            throw gaveUp(e);
        }
    }

    /** See {@link dev.sluice.backend.Device#submit}. */
    void submit(ForwardPass pass) {
        if (Timeline.on() && !queues.computing().profiling()) {
            startProfile(); // the timeline began after the device was opened
        }
        try {
            steps.submit(queues.computing(), pass);
            deadline.submitted(pass);
        } catch (ClException e) {
            throw gaveUp(e);
        }
    }

    /** See {@link dev.sluice.backend.DeviceMemory#write}. */
    void write(Buffer to, long offset, MemorySegment from) {
        try {
            settle(); // steps may have to be taken again with what is here now
            queues.computing().write(to, offset, from);
        } catch (ClException e) {
            throw gaveUp(e);
        }
    }

    /** See {@link dev.sluice.backend.DeviceMemory#write}; of few bytes. */
    void write(SmallWrites to, MemorySegment from) {
        try {
            settle(); // as for many
            to.write(queues.computing(), from);
        } catch (ClException e) {
            throw gaveUp(e);
        }
    }

    /** See {@link dev.sluice.backend.DeviceMemory#read}. */
    void read(Buffer from, long offset, MemorySegment to) {
        try {
            Queue queue = queues.computing();
            queue.read(from, offset, to);
            if (steps.settle(queue)) {
                queue.read(from, offset, to);
            }
            deadline.answered();
            recorder.report();
        } catch (ClException e) {
            throw gaveUp(e);
        }
    }

    /** Waits until nothing that was queued may have to be queued again: something that it uses is to go. */
    void settle() {
        steps.settle(queues.computing());
    }

    /** Waits for all steps so far, and takes them again where they came to nothing. */
    void finish() {
        try {
            queues.computing().finish();
            settle();
            deadline.answered();
        } catch (ClException e) {
            throw gaveUp(e);
        }
    }

    /** Records from now on how long each launch takes. */
    void startProfile() {
        Queue queue = queues.computing();
        queue.finish();
        steps.settle(queue);
        if (!queue.profiling()) {
            steps.recordings().forgetAll(queue);
            queues.profile();
        }
        recorder.take();
    }

    /** What was launched since the record began or was last taken; empty if there is none. */
    Optional<LaunchProfile> takeProfile() {
        return queues.computing().profiling() ? Optional.of(recorder.take()) : Optional.empty();
    }

    /** A buffer is to go. */
    void forget(Buffer buffer) {
        steps.recordings().forget(queues.computing(), buffer);
    }

    /** A layer was closed. */
    void forget(OpenClCompiledLayer layer) {
        steps.forget(queues.computing(), layer);
    }

    /** Waits for a copy to the device, while others may use it. */
    void await(RepeatedWrite write) {
        try {
            write.await();
        } catch (ClException e) {
            throw Failing.at(info, e);
        }
    }

    /** Waits for a copy to the host, while others may use the device. */
    void await(RepeatedRead read) {
        try {
            read.await();
            deadline.answered();
        } catch (ClException e) {
            throw Failing.at(info, e);
        }
    }

    private DeviceFailure gaveUp(ClException e) {
        steps.giveUp();
        return Failing.at(info, e);
    }

    @Override
    public void close() {
        steps.close();
    }
}
