package dev.sluice.benches.synthetic;

import java.util.ArrayList;
import java.util.List;

/**
 * A SentencePiece vocabulary that encodes any text: 256 byte tokens, ASCII, and runs of one to three lower-case letters
 * with and without the space before them, each the union of two others so that merging reaches it.
 */
final class Vocabulary {
    static final int UNKNOWN = 0;
    static final int BEGIN = 1;
    static final int END = 2;

    private static final int NORMAL_TYPE = 1;
    private static final int UNKNOWN_TYPE = 2;
    private static final int CONTROL_TYPE = 3;
    private static final int BYTE_TYPE = 6;
    private static final String SPACE = "▁";

    private final int size;
    private final List<String> tokens = new ArrayList<>();
    private final List<Float> scores = new ArrayList<>();
    private final List<Integer> types = new ArrayList<>();

    Vocabulary(int size) {
        this.size = size;
        add("<unk>", UNKNOWN_TYPE);
        add("<s>", CONTROL_TYPE);
        add("</s>", CONTROL_TYPE);
        for (int b = 0; b < 256; b++) {
            add("<0x%02X>".formatted(b), BYTE_TYPE);
        }
        add(SPACE, NORMAL_TYPE);
        for (char c = '!'; c <= '~'; c++) {
            add(String.valueOf(c), NORMAL_TYPE);
        }
        List<String> letters = new ArrayList<>();
        for (char c = 'a'; c <= 'z'; c++) {
            letters.add(String.valueOf(c));
        }
        List<String> pairs = product(letters, letters);
        List<String> triples = product(pairs, letters);
        for (List<String> pieces : List.of(letters, pairs, triples)) {
            pieces.forEach(piece -> add(SPACE + piece, NORMAL_TYPE));
            if (pieces != letters) {
                pieces.forEach(piece -> add(piece, NORMAL_TYPE));
            }
        }
        if (tokens.size() != size) {
            throw new IllegalArgumentException("only " + tokens.size() + " tokens are there, not " + size);
        }
    }

    private static List<String> product(List<String> heads, List<String> tails) {
        return heads.stream()
                .flatMap(head -> tails.stream().map(tail -> head + tail))
                .toList();
    }

    private void add(String token, int type) {
        if (tokens.size() < size) {
            // The earlier, the better: merging goes by the score.
            scores.add(type == NORMAL_TYPE ? -(float) tokens.size() : 0);
            tokens.add(token);
            types.add(type);
        }
    }

    void describe(GgufWriter gguf) {
        gguf.string("tokenizer.ggml.model", "llama");
        gguf.strings("tokenizer.ggml.tokens", tokens);
        gguf.reals("tokenizer.ggml.scores", scores);
        gguf.integers("tokenizer.ggml.token_type", types);
        gguf.integer("tokenizer.ggml.unknown_token_id", UNKNOWN);
        gguf.integer("tokenizer.ggml.bos_token_id", BEGIN);
        gguf.integer("tokenizer.ggml.eos_token_id", END);
        gguf.bool("tokenizer.ggml.add_bos_token", true);
    }
}
