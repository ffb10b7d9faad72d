/**
 * Devices that are not there: each computes on a real one, but has a link, a memory, a speed and faults of its own. They make
 * the order of copies and computation measurable on a machine where these would share the cores, and failures repeatable.
 */
@NullMarked
package dev.sluice.simulate;

import org.jspecify.annotations.NullMarked;
