/** The GGUF container (versions 2 and 3, little-endian, split files included); the only code that knows its bytes. */
@NullMarked
package dev.sluice.formats.gguf;

import org.jspecify.annotations.NullMarked;
