package dev.sluice.backend.opencl;

import dev.sluice.backend.Step;
import dev.sluice.opencl.Event;
import dev.sluice.trace.SpanKind;
import dev.sluice.trace.Timeline;
import dev.sluice.trace.Track;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Tells the timeline what a device worked on, by the device's own clock. That clock is compared with the host's by each
 * launch: the device's time at which a command was queued lies between two moments that the host knows.
 */
final class DeviceSpans {
    /** Clocks drift apart: an older comparison counts no more. */
    private static final long COMPARISON_NANOS = 1_000_000_000L;

    /** A copy that was queued and may not be done. */
    private record Copy(String what, long bytes, Event event) {}

    private final Track compute;
    private final Track copies;
    private final Deque<Copy> copying = new ArrayDeque<>();

    /** What host time is ahead of device time, at the least; and when that was found out. */
    private long ahead = Long.MIN_VALUE;

    private long comparedAt;

    /** Where the launches that come belong, when the first of them began and when the last ended. */
    private Place place = Place.NONE;

    private long begun;
    private long ended;

    DeviceSpans(String device) {
        compute = Track.of(device, Track.COMPUTE);
        copies = Track.of(device, Track.COPIES);
    }

    /** What launches belong to: one object for those of a layer in a step. */
    static final class Place {
        static final Place NONE = new Place("", 0, 0);

        private final String layer;
        private final int tokens;
        private final int position;

        private Place(String layer, int tokens, int position) {
            this.layer = layer;
            this.tokens = tokens;
            this.position = position;
        }

        static Place of(String layer, Step step) {
            return new Place(layer, step.tokens(), step.position(0));
        }
    }

    /** A launch is done; they come in order. */
    void launched(String kernel, Place at, long queuedAt, Event.Profile profile) {
        compare(queuedAt, profile.queued());
        long start = Math.max(ended, ahead + profile.started());
        long end = Math.max(start, ahead + profile.ended());
        if (at != place) {
            endLayer();
            place = at;
            begun = start;
        }
        ended = end;
        Timeline.span(compute, SpanKind.KERNEL, kernel, start, end, 0, 0);
    }

    /** No more launches of the layer are to come. */
    void endLayer() {
        if (place != Place.NONE) {
            Timeline.span(compute, SpanKind.LAYERS, place.layer, begun, ended, place.tokens, place.position);
            place = Place.NONE;
        }
    }

    /** What the host noted came before, so the largest difference is the nearest to the truth. */
    private void compare(long host, long device) {
        if (host - comparedAt > COMPARISON_NANOS || host - device > ahead) {
            ahead = host - device;
            comparedAt = host;
        }
    }

    /** A copy was queued, whose event is closed here when it is done. */
    void copying(String what, long bytes, Event event) {
        copying.add(new Copy(what, bytes, event));
        reportCopies();
    }

    /** Reports the copies that are done. */
    void reportCopies() {
        while (!copying.isEmpty() && copying.getFirst().event().progress() == Event.Progress.COMPLETE) {
            Copy done = copying.removeFirst();
            try (Event event = done.event()) {
                copied(done.what(), done.bytes(), event.profile());
            }
        }
    }

    /** A copy is done. */
    void copied(String what, long bytes, Event.Profile profile) {
        if (ahead != Long.MIN_VALUE) { // else nothing was launched yet, and nobody knows the device's clock
            Timeline.span(copies, SpanKind.COPY, what, ahead + profile.started(), ahead + profile.ended(), bytes, 0);
        }
    }

    /** Lets go of copies that nobody reports any more. */
    void close() {
        copying.forEach(copy -> copy.event().close());
        copying.clear();
    }
}
