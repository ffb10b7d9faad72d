/** The few C-library calls that the engine needs and the JDK does not offer. */
@NullMarked
package dev.sluice.system;

import org.jspecify.annotations.NullMarked;
