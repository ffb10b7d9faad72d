/** Programs that run other engines for {@code scripts/compare}. */
@NullMarked
package dev.sluice.benches.peers;

import org.jspecify.annotations.NullMarked;
