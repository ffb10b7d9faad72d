package dev.sluice.tokenizer;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.Metadata;
import java.util.OptionalInt;

/** The metadata keys of a tokenizer, and the checks that two places need. */
final class Keys {
    static final String MODEL = "tokenizer.ggml.model";
    static final String PRE = "tokenizer.ggml.pre";
    static final String TOKENS = "tokenizer.ggml.tokens";
    static final String SCORES = "tokenizer.ggml.scores";
    static final String TYPES = "tokenizer.ggml.token_type";
    static final String MERGES = "tokenizer.ggml.merges";
    static final String ADD_BOS = "tokenizer.ggml.add_bos_token";
    static final String ADD_SPACE_PREFIX = "tokenizer.ggml.add_space_prefix";
    static final String BOS = "tokenizer.ggml.bos_token_id";
    static final String EOS = "tokenizer.ggml.eos_token_id";
    static final String EOT = "tokenizer.ggml.eot_token_id";
    static final String EOM = "tokenizer.ggml.eom_token_id";
    static final String UNKNOWN = "tokenizer.ggml.unknown_token_id";

    private Keys() {}

    /** The token id under a key, if the key is there. */
    static OptionalInt tokenId(Metadata metadata, String key, int vocabSize) {
        if (!metadata.has(key)) {
            return OptionalInt.empty();
        }
        long id = metadata.longInteger(key);
        if (id < 0 || id >= vocabSize) {
            throw new SluiceException("The vocabulary is damaged: '" + key + "' is " + id + ", but there are only "
                    + vocabSize + " tokens; get the model file again or from another source");
        }
        return OptionalInt.of((int) id);
    }

    /** Checks that an array has an entry for each token. */
    static void checkLength(String key, int length, int vocabSize) {
        if (length != vocabSize) {
            throw new SluiceException("The vocabulary is damaged: '" + key + "' has " + length + " entries, but '"
                    + TOKENS + "' has " + vocabSize + "; get the model file again or from another source");
        }
    }
}
