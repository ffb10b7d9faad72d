package dev.sluice.backend.cpu;

import dev.sluice.backend.cpu.asm.Int8Activations;
import java.lang.foreign.MemorySegment;

/**
 * A value rounded to bytes. Of many tokens the workers round each a part; of few each worker rounds all for itself, because
 * that takes no longer than one worker would need while the others wait, and saves a meeting.
 */
final class Rounded {
    private final Int8Activations[] copies;
    private boolean each;

    /** A copy for each worker, all alike. */
    Rounded(Int8Activations[] copies) {
        this.copies = copies;
    }

    /** Whether each worker rounds this many tokens for itself. */
    boolean forEach(int tokens) {
        return tokens <= most();
    }

    /** Bytes of some tokens. */
    long bytes(int tokens) {
        return forEach(tokens) ? copies.length * copies[0].bytes(tokens) : copies[0].bytes(tokens);
    }

    /** Bytes that are enough for some tokens and for fewer. */
    long mostBytes(int tokens) {
        return Math.max(bytes(tokens), bytes(Math.min(tokens, most())));
    }

    /** Says where the value is, and of how many tokens. */
    void bind(MemorySegment room, long offset, int tokens) {
        each = forEach(tokens);
        for (int i = 0; i < (each ? copies.length : 1); i++) {
            copies[i].bind(room, offset + i * copies[i].bytes(tokens), tokens);
        }
    }

    /** The most tokens that each worker rounds for itself. */
    int most() {
        return copies[0].mostOfGroup();
    }

    /** Groups of tokens to round. */
    int groups() {
        return copies[0].groups();
    }

    /** Whether each worker has its own. */
    boolean each() {
        return each;
    }

    /** What a worker reads and writes. */
    Int8Activations of(Scratch scratch) {
        return copies[each ? scratch.worker() : 0];
    }
}
