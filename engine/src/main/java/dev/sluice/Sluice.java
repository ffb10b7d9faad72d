package dev.sluice;

/** Placeholder. */
public final class Sluice {
    private Sluice() {}
}
