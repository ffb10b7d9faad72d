/**
 * The contract that every backend meets. A {@link dev.sluice.backend.Backend} finds devices; an open {@link
 * dev.sluice.backend.Device} compiles layers (weights become resident), holds KV caches and activations, and runs steps
 * in order. Backends are found by {@link java.util.ServiceLoader}; nothing above this package names one.
 */
@NullMarked
package dev.sluice.backend;

import org.jspecify.annotations.NullMarked;
