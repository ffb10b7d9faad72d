/** Which device computes what: finding devices, understanding a user's choice, and checking that a model fits. */
@NullMarked
package dev.sluice.plan;

import org.jspecify.annotations.NullMarked;
