package dev.sluice.backend.opencl;

import dev.sluice.backend.LaunchProfile;
import dev.sluice.backend.Step;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Event;
import dev.sluice.opencl.NDRange;
import dev.sluice.opencl.Queue;
import dev.sluice.trace.Timeline;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Launches kernels, or writes down what would be launched, to be read or to be replayed; and, on a profiling queue, keeps count of them and of the time they take on the device. */
final class LaunchRecorder {
    /** Events are read when so many wait: a driver may hold memory for each. */
    private static final int MOST_PENDING = 4096;

    /** {@code queuedAt}: by the host's clock. */
    private record Launch(String name, Event event, DeviceSpans.Place place, long queuedAt) {}

    private static final class Total {
        long launches;
        long nanos;
    }

    private final DeviceSpans spans;
    private final Deque<Launch> pending = new ArrayDeque<>();
    private final Map<String, Total> totals = new HashMap<>();
    private @Nullable List<TracedLaunch> trace;
    private @Nullable Recording recording;
    private @Nullable Buffer position;
    private long launches;
    private long steps;
    private long hostNanos;
    private DeviceSpans.Place place = DeviceSpans.Place.NONE;

    LaunchRecorder(DeviceSpans spans) {
        this.spans = spans;
    }

    /** What follows belongs to a layer. */
    void enter(String layer, Step step) {
        if (Timeline.on()) {
            place = DeviceSpans.Place.of(layer, step);
        }
    }

    void launch(Queue queue, BoundKernel kernel, NDRange range) {
        if (trace != null) {
            trace.add(new TracedLaunch((ProgramSpec) kernel.program(), kernel.arguments(), range));
            return;
        }
        if (recording != null) {
            recording.add(kernel, range);
            return;
        }
        launches++;
        if (!queue.profiling()) {
            queue.launch(kernel.kernel(), range);
            return;
        }
        long now = System.nanoTime();
        pending.add(new Launch(kernel.program().label(), queue.launchWithEvent(kernel.kernel(), range), place, now));
        if (pending.size() == MOST_PENDING) {
            drain();
        }
    }

    /** As the other, for work-items in one dimension or two and the groups they come in; makes no object. */
    void launch(Queue queue, BoundKernel kernel, long x, long y, int localX, int localY) {
        if (trace != null || recording != null || queue.profiling()) {
            NDRange all = y > 1 || localY > 1 ? NDRange.of(x, y) : NDRange.of(x);
            launch(queue, kernel, localX > 0 ? all.local(localX, localY) : all);
            return;
        }
        launches++;
        queue.launch(kernel.kernel(), x, y, localX, localY);
    }

    /** Launches so far. */
    long launches() {
        return launches;
    }

    /** What something would launch, which is not launched. */
    List<TracedLaunch> trace(Runnable what) {
        List<TracedLaunch> launches = new ArrayList<>();
        trace = launches;
        try {
            what.run();
        } finally {
            trace = null;
        }
        return launches;
    }

    /** Has the launches that something makes added to a recording instead, whose replays find the position in a buffer. */
    void record(Recording into, Buffer positionAt, Runnable what) {
        recording = into;
        position = positionAt;
        try {
            what.run();
        } finally {
            recording = null;
            position = null;
        }
    }

    /** Where kernels find the position that is not known yet; null while launches are made. */
    @Nullable
    Buffer position() {
        return position;
    }

    /** So many launches were replayed. */
    void replayed(int count) {
        launches += count;
    }

    /** Counts what it took the host to hand work over; a step begins with an embedding. */
    void submitted(boolean begins, long nanos) {
        steps += begins ? 1 : 0;
        hostNanos += nanos;
    }

    /** What was recorded since the last time; waits for the launches. */
    LaunchProfile take() {
        drain();
        List<LaunchProfile.Kernel> kernels = new ArrayList<>();
        totals.forEach((name, total) -> kernels.add(new LaunchProfile.Kernel(name, total.launches, total.nanos)));
        kernels.sort(Comparator.comparingLong(LaunchProfile.Kernel::nanos).reversed());
        LaunchProfile profile = new LaunchProfile(kernels, steps, hostNanos);
        totals.clear();
        steps = 0;
        hostNanos = 0;
        return profile;
    }

    /** Tells the timeline of the launches and copies that are done. */
    void report() {
        if (Timeline.on()) {
            while (!pending.isEmpty() && pending.getFirst().event().progress() == Event.Progress.COMPLETE) {
                count(pending.removeFirst());
            }
            if (pending.isEmpty()) {
                spans.endLayer();
            }
            spans.reportCopies();
        }
    }

    private void drain() {
        while (!pending.isEmpty()) {
            count(pending.removeFirst());
        }
    }

    private void count(Launch launch) {
        try (Event event = launch.event()) {
            event.await();
            Event.Profile profile = event.profile();
            Total total = totals.computeIfAbsent(launch.name(), n -> new Total());
            total.launches++;
            total.nanos += profile.nanos();
            spans.launched(launch.name(), launch.place(), launch.queuedAt(), profile);
        }
    }
}
