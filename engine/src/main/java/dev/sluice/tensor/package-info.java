/** Weight formats as block geometry, shapes, and typed views of memory. */
@NullMarked
package dev.sluice.tensor;

import org.jspecify.annotations.NullMarked;
