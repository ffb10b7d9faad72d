/** The command line: a class per command, none with logic that a library user would miss. Nothing depends on it. */
@NullMarked
package dev.sluice.cli;

import org.jspecify.annotations.NullMarked;
