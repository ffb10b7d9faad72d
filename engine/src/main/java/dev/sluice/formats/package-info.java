/** Model files as mapped, bounds-checked metadata and tensors, whatever the container; nothing is copied. */
@NullMarked
package dev.sluice.formats;

import org.jspecify.annotations.NullMarked;
