/** The library's front door: {@code Sluice.load} and what it returns. */
@NullMarked
package dev.sluice;

import org.jspecify.annotations.NullMarked;
