package dev.sluice.runtime;

/** Where the tokens of a generation come from, one after another. */
interface TokenSource extends AutoCloseable {
    /** The choice after the prompt. */
    int first();

    /** Appends the token that was chosen last, and chooses the next. */
    int after(int chosen);

    @Override
    default void close() {}
}
