/**
 * The dataflow graph of a model in coarse operations. A {@link dev.sluice.graph.Graph} is a chain of {@link
 * dev.sluice.graph.Layer}s, each the unit that a plan places on a device; a layer is a short list of {@link
 * dev.sluice.graph.Node}s over values that are [tokens, width] arrays of f32.
 */
@NullMarked
package dev.sluice.graph;

import org.jspecify.annotations.NullMarked;
