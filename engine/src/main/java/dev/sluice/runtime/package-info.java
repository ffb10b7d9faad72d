/** Running a model: the executor walks the layers, a sequence holds the state, the generator turns it into text. */
@NullMarked
package dev.sluice.runtime;

import org.jspecify.annotations.NullMarked;
