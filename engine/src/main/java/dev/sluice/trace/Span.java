package dev.sluice.trace;

import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/**
 * Something that takes time on the host, for the {@link Timeline} and for flight recordings of the JVM at once. Recordings
 * get none unless they ask for them: {@code jcmd PID JFR.start dev.sluice.Step#enabled=true}.
 *
 * <p>One object serves one place in the code again and again, used by one thread at a time:
 *
 * <pre>{@code
 * copy.start();
 * memory.read(0, rows);
 * copy.stop("activations", rows.byteSize());
 * }</pre>
 *
 * What fails between start and stop leaves no span.
 */
public abstract sealed class Span permits CopySpan, LayersSpan, LoadSpan, PlanSpan, SampleSpan, StepSpan, WaitSpan {
    private final Track track;
    /** Null while there is no flight recorder: the first event would start it, at a cost to every start (ADR 8). */
    private @Nullable SpanEvent event;
    /** 0 while nobody records a timeline. */
    private long started;

    Span(Track track) {
        this.track = track;
    }

    /** The event, its constants filled in. */
    abstract SpanEvent newEvent();

    /** Begins. */
    public final void start() {
        SpanEvent recorded = event();
        if (recorded != null) {
            recorded.begin();
        }
        started = Timeline.on() ? System.nanoTime() : 0;
    }

    /** Whether anybody is told. */
    public final boolean watched() {
        SpanEvent recorded = event();
        return Timeline.on() || (recorded != null && recorded.isEnabled());
    }

    private @Nullable SpanEvent event() {
        if (event == null && FlightRecorder.isInitialized()) {
            event = newEvent();
        }
        return event;
    }

    /** Ends the event; null if no recording wants it. */
    final @Nullable SpanEvent end() {
        SpanEvent recorded = event;
        if (recorded == null) {
            return null;
        }
        recorded.end();
        return recorded.shouldCommit() ? recorded : null;
    }

    /** Tells the timeline; numbers as the kind has them. */
    final void record(SpanKind kind, String name, long first, long second) {
        record(kind, name, first, second, 0);
    }

    /** As the other, unless it took less than so many nanoseconds. */
    final void record(SpanKind kind, String name, long first, long second, long least) {
        if (started != 0) {
            long end = System.nanoTime();
            if (end - started >= least) {
                Timeline.span(track, kind, name, started, end, first, second);
            }
            started = 0;
        }
    }
}
