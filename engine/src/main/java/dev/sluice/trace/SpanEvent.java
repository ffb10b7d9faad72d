package dev.sluice.trace;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.StackTrace;

/** A {@link Span} in a flight recording. Recordings get none unless they ask for them. */
@Category("Sluice")
@Enabled(false)
@StackTrace(false)
abstract class SpanEvent extends Event {}
