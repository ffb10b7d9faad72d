@NullMarked
package dev.sluice.benches.peers;

import org.jspecify.annotations.NullMarked;
