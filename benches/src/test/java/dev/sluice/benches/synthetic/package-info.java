@NullMarked
package dev.sluice.benches.synthetic;

import org.jspecify.annotations.NullMarked;
