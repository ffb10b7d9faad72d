/**
 * The layouts in which backends keep weight matrices, both in tiles of 16 rows; {@code docs/weight-layout.md} describes
 * them. {@link dev.sluice.backend.tiles.RowTiles} and {@link dev.sluice.backend.tiles.RowPlanes} are the authorities on sizes
 * and do the packing.
 */
@NullMarked
package dev.sluice.backend.tiles;

import org.jspecify.annotations.NullMarked;
