/**
 * Model families: one readable file each, which reads the hyper-parameters, names the tensors and writes the graph
 * down. {@link dev.sluice.model.ModelFamilies} knows them all.
 */
@NullMarked
package dev.sluice.model;

import org.jspecify.annotations.NullMarked;
