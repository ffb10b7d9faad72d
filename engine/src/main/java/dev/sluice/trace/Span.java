package dev.sluice.trace;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.StackTrace;

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
@Category("Sluice")
@Enabled(false)
@StackTrace(false)
public abstract sealed class Span extends Event
        permits CopySpan, LayersSpan, LoadSpan, PlanSpan, SampleSpan, StepSpan, WaitSpan {
    private final transient Track track;
    /** 0 while nobody records a timeline. */
    private transient long started;

    Span(Track track) {
        this.track = track;
    }

    /** Begins. */
    public final void start() {
        begin();
        started = Timeline.on() ? System.nanoTime() : 0;
    }

    /** Whether anybody is told. */
    public final boolean watched() {
        return Timeline.on() || isEnabled();
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
