package dev.sluice.backend.cpu.asm;

import java.util.ArrayList;
import java.util.List;

/** A place in the code that jumps may name before it is known. */
public final class Label {
    int position = -1;
    /** Where the 32-bit distances to this label have to be filled in. */
    final List<Integer> uses = new ArrayList<>();
}
