/** Errors that a user can mend: one message that says what was wrong, where, and what would mend it. */
@NullMarked
package dev.sluice.error;

import org.jspecify.annotations.NullMarked;
