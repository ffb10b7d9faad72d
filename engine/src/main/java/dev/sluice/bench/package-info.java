/** Measurements that users read: throughput in the terms of llama-bench. */
@NullMarked
package dev.sluice.bench;

import org.jspecify.annotations.NullMarked;
