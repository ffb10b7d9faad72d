/** Models of random weights, for measuring sizes and formats that no published small model has. */
@NullMarked
package dev.sluice.benches.synthetic;

import org.jspecify.annotations.NullMarked;
