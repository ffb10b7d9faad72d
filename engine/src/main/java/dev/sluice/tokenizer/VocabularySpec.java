package dev.sluice.tokenizer;

import org.jspecify.annotations.Nullable;

/**
 * The tokenizer's part of a file's metadata, as it was read and before anything is checked.
 *
 * @param model {@code tokenizer.ggml.model}: the kind of tokenizer
 * @param pre {@code tokenizer.ggml.pre}: how byte-level BPE cuts a text into words, null if not given
 * @param name {@code general.name}: one family is told by it alone
 * @param tokens the text of each token
 * @param scores SentencePiece's score of each token, null if not given
 * @param types the {@link TokenType} number of each token, null if not given
 * @param merges the pairs of byte-level BPE in order of rank, each {@code "left right"}, null if not given
 * @param ids the special ids
 * @param addBos whether a sequence begins with the begin token, null for the kind's habit
 * @param addSpacePrefix whether a space goes before a text, null for the kind's habit
 */
record VocabularySpec(
        String model,
        @Nullable String pre,
        String name,
        String[] tokens,
        float @Nullable [] scores,
        int @Nullable [] types,
        String @Nullable [] merges,
        SpecialIds ids,
        @Nullable Boolean addBos,
        @Nullable Boolean addSpacePrefix) {

    /** Stands for an id that the metadata do not give. */
    static final int NONE = -1;

    /** The special ids of the metadata, {@link #NONE} where there is none. */
    record SpecialIds(int bos, int eos, int eot, int eom, int unknown, int fimPad, int fimRepo, int fimSeparator) {
        static final SpecialIds UNSET = new SpecialIds(NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE);
    }
}
