package dev.sluice.tokenizer;

import dev.sluice.formats.Metadata;
import java.util.OptionalInt;

/**
 * Turns text into token ids and token ids into text, as the vocabulary of a model asks for. Immutable and safe to share
 * between threads.
 */
public interface Tokenizer {

    /**
     * The tokenizer of a model file. It keeps nothing of the file, which may be closed afterwards.
     *
     * @param metadata with the {@code tokenizer.ggml.*} keys of the GGUF format; {@code gpt2} and {@code llama}
     *     vocabularies are supported
     * @throws dev.sluice.error.SluiceException naming the key that is missing or damaged, or the kind or pre-tokenizer
     *     that is not supported
     */
    static Tokenizer of(Metadata metadata) {
        return VocabularyTokenizer.of(metadata);
    }

    /**
     * The ids of a text; neither a begin nor an end token is added.
     *
     * @param text any text; unpaired surrogates are read as {@code ?}
     * @param parseSpecial whether the text of control tokens ({@code <|im_start|>}) becomes their id; user-defined
     *     tokens are recognised in any case
     */
    int[] encode(String text, boolean parseSpecial);

    /** The ids with the begin token before them, if the vocabulary asks for one and it is not there yet. */
    int[] withBos(int[] ids);

    /**
     * The raw bytes that a token stands for, possibly a part of a UTF-8 character. Control and unknown tokens have none.
     *
     * @throws IndexOutOfBoundsException if there is no such id
     */
    byte[] bytes(int id);

    /**
     * The text of a whole sequence. Bytes that are no valid UTF-8 become U+FFFD. A vocabulary that puts a space before
     * each text has that one space removed again, so that decoding an encoded text gives back the text; to go on where
     * a prompt ends, use {@link #stream()}.
     *
     * @throws IndexOutOfBoundsException if there is no such id
     */
    String decode(int[] ids);

    /** A decoder for tokens that arrive one by one; it never gives out a part of a character, and strips no space. */
    StreamDecoder stream();

    /** The number of tokens; ids run from 0 to one less. */
    int vocabSize();

    /** The token that begins a sequence, if the vocabulary has one. */
    OptionalInt bos();

    /** Whether a model that gives out this token has come to its end. */
    boolean isEndOfGeneration(int id);

    /** The id of a token by its exact text in the vocabulary ({@code <|im_end|>}, {@code Ġthe}). */
    OptionalInt idOf(String tokenText);

    /**
     * The text of a token as the vocabulary spells it, control tokens included: for display, not for output.
     *
     * @throws IndexOutOfBoundsException if there is no such id
     */
    String text(int id);
}
