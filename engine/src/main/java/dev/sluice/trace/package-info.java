/**
 * What happened when: spans of steps, layers, copies, waits, sampling and loading. The same spans go to a timeline that
 * {@code --trace} writes ({@link dev.sluice.trace.Timeline}) and to flight recordings of the JVM, as events of the category
 * Sluice ({@link dev.sluice.trace.Span}). Recording makes no objects, and costs next to nothing while nobody watches.
 */
@NullMarked
package dev.sluice.trace;

import org.jspecify.annotations.NullMarked;
