package dev.sluice.tokenizer;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.Metadata;
import java.util.Arrays;

/**
 * SentencePiece's BPE: spaces are written {@code ▁}, a text begins as its characters, and the two neighbours whose
 * union is the token of the best score are joined until no union is a token. Characters that are no token become byte
 * tokens. Where no token has a {@code ▁} inside, words cannot influence each other and are encoded one by one.
 */
final class SentencePieceEncoder implements TextEncoder, MergeRule {
    /** The UTF-8 bytes of {@code ▁}. */
    private static final byte[] SPACE = Vocabulary.utf8("▁");

    private static final int UNKNOWN_YET = -1;

    private final Vocabulary vocabulary;
    private final boolean addSpacePrefix;
    private final WordCache cache = new WordCache();
    private final int[] byteTokens = new int[256];
    /** The rank of each token: a better score has a lower one. */
    private final int[] priorities;
    /** The last bytes of characters that stand before a {@code ▁} inside some token. */
    private final boolean[] joinsSpace = new boolean[256];

    SentencePieceEncoder(Metadata metadata, Vocabulary vocabulary, boolean addSpacePrefix) {
        this.vocabulary = vocabulary;
        this.addSpacePrefix = addSpacePrefix;
        float[] scores = metadata.has(Keys.SCORES) ? metadata.reals(Keys.SCORES) : new float[vocabulary.size()];
        Keys.checkLength(Keys.SCORES, scores.length, vocabulary.size());
        priorities = new int[scores.length];
        for (int id = 0; id < scores.length; id++) {
            priorities[id] = priority(scores[id], id);
            findInnerSpaces(vocabulary.text(id));
        }
        int unknown = Keys.tokenId(metadata, Keys.UNKNOWN, vocabulary.size()).orElse(0);
        for (int b = 0; b < 256; b++) {
            byte[] plain = {(byte) b};
            int id = vocabulary.idOf("<0x%02X>".formatted(b)).orElse(vocabulary.match(plain, 0, 1));
            byteTokens[b] = id >= 0 ? id : unknown;
        }
    }

    @Override
    public Merger scratch() {
        return new Merger(this);
    }

    @Override
    public void encode(byte[] text, int from, int to, boolean first, Merger scratch, IntList out) {
        byte[] escaped = escape(text, from, to, first && addSpacePrefix);
        int start = 0;
        boolean afterSpace = true;
        for (int p = 0; p < escaped.length; p = CharClass.after(escaped, p)) {
            boolean space = isSpace(escaped, p);
            if (space && !afterSpace && !joinsSpace[escaped[p - 1] & 0xFF]) {
                word(escaped, start, p, scratch, out);
                start = p;
            }
            afterSpace = space;
        }
        if (start < escaped.length) {
            word(escaped, start, escaped.length, scratch, out);
        }
    }

    @Override
    public long find(byte[] text, int left, int right, int from, int to) {
        int id = vocabulary.match(text, from, to);
        return id == ByteIndex.ABSENT ? NONE : MergeRule.merge(priorities[id], id);
    }

    private void word(byte[] text, int from, int to, Merger scratch, IntList out) {
        boolean cached = to - from <= WordCache.LONGEST_WORD;
        if (cached) {
            int[] known = cache.find(text, from, to);
            if (known != null) {
                out.addAll(known);
                return;
            }
        }
        int before = out.size();
        merge(text, from, to, scratch, out);
        if (cached) {
            cache.put(text, from, to, out.toArray(before));
        }
    }

    private void merge(byte[] text, int from, int to, Merger scratch, IntList out) {
        scratch.clear();
        for (int p = from; p < to; ) {
            int next = CharClass.after(text, p);
            scratch.add(UNKNOWN_YET, p, next);
            p = next;
        }
        scratch.merge(text);
        for (int i = 0; i < scratch.count(); i++) {
            int id = scratch.id(i);
            if (id == UNKNOWN_YET) {
                id = vocabulary.match(text, scratch.start(i), scratch.start(i + 1));
            }
            if (id >= 0) {
                out.add(id);
            } else {
                for (int p = scratch.start(i); p < scratch.start(i + 1); p++) {
                    out.add(byteTokens[text[p] & 0xFF]);
                }
            }
        }
    }

    private static byte[] escape(byte[] text, int from, int to, boolean prefix) {
        int spaces = prefix ? 1 : 0;
        for (int p = from; p < to; p++) {
            if (text[p] == ' ') {
                spaces++;
            }
        }
        byte[] escaped = new byte[to - from + spaces * (SPACE.length - 1) + (prefix ? 1 : 0)];
        int end = 0;
        if (prefix) {
            System.arraycopy(SPACE, 0, escaped, 0, SPACE.length);
            end = SPACE.length;
        }
        for (int p = from; p < to; p++) {
            if (text[p] == ' ') {
                System.arraycopy(SPACE, 0, escaped, end, SPACE.length);
                end += SPACE.length;
            } else {
                escaped[end++] = text[p];
            }
        }
        return escaped;
    }

    private static boolean isSpace(byte[] text, int p) {
        return text[p] == SPACE[0]
                && Arrays.equals(text, p, Math.min(p + SPACE.length, text.length), SPACE, 0, SPACE.length);
    }

    private void findInnerSpaces(String text) {
        for (int i = text.indexOf(Vocabulary.ESCAPED_SPACE, 1);
                i > 0;
                i = text.indexOf(Vocabulary.ESCAPED_SPACE, i + 1)) {
            if (text.charAt(i - 1) != Vocabulary.ESCAPED_SPACE) {
                byte[] before = Vocabulary.utf8(text.substring(0, i));
                joinsSpace[before[before.length - 1] & 0xFF] = true;
            }
        }
    }

    /** Maps a score to an int that is the lower the better the score is, keeping the order of floats exactly. */
    private static int priority(float score, int id) {
        if (Float.isNaN(score)) {
            throw new SluiceException("The vocabulary is damaged: entry " + id + " of '" + Keys.SCORES
                    + "' is not a number; get the model file again or from another source");
        }
        // Adding zero makes -0 and 0 one value.
        int bits = Float.floatToIntBits(-score + 0.0f);
        return bits >= 0 ? bits : bits ^ Integer.MAX_VALUE;
    }
}
