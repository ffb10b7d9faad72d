/**
 * The layout in which both backends keep weight matrices: 16 rows interleaved. {@code docs/weight-layout.md} describes
 * it; {@link dev.sluice.backend.tiles.RowTiles} is the authority on sizes and does the packing.
 */
@NullMarked
package dev.sluice.backend.tiles;

import org.jspecify.annotations.NullMarked;
