package dev.sluice.tokenizer;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.Metadata;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Byte-level byte-pair encoding as GPT-2 defined it: the pre-tokenizer cuts the text into words, a word begins as its
 * bytes, and the pair of the lowest rank in the merge list becomes one symbol until no pair is listed.
 */
final class BytePairEncoder implements TextEncoder, MergeRule {
    private final Vocabulary vocabulary;
    private final PreTokenizer preTokenizer;
    private final boolean ignoreMerges;
    private final WordCache cache = new WordCache();
    /** The symbol of each byte: a token, or beyond the vocabulary for a byte that no token stands for. */
    private final int[] byteSymbols = new int[256];
    /** (left symbol, right symbol) to rank. */
    private final LongMap ranks;

    private final int[] mergedByRank;

    /**
     * An encoder.
     *
     * @param ignoreMerges whether a word that is a token is that token, whatever the merges say
     */
    BytePairEncoder(Metadata metadata, Vocabulary vocabulary, PreTokenizer preTokenizer, boolean ignoreMerges) {
        this.vocabulary = vocabulary;
        this.preTokenizer = preTokenizer;
        this.ignoreMerges = ignoreMerges;
        String[] merges = metadata.strings(Keys.MERGES);
        ranks = new LongMap(merges.length);
        mergedByRank = new int[merges.length];
        Map<String, Integer> textless = new HashMap<>();
        for (int b = 0; b < 256; b++) {
            byte[] bytes = {(byte) b};
            byteSymbols[b] = symbol(String.valueOf(ByteAlphabet.spell((byte) b)), bytes, textless);
        }
        for (int rank = 0; rank < merges.length; rank++) {
            String merge = merges[rank];
            int space = merge.indexOf(' ', 1);
            if (space < 0 || space == merge.length() - 1) {
                throw new SluiceException("The vocabulary is damaged: entry " + rank + " of '" + Keys.MERGES + "' ('"
                        + merge + "') is not a pair; get the model file again or from another source");
            }
            String left = merge.substring(0, space);
            String right = merge.substring(space + 1);
            byte[] leftBytes = ByteAlphabet.bytes(left);
            byte[] rightBytes = ByteAlphabet.bytes(right);
            if (leftBytes == null || rightBytes == null) {
                // No text has such symbols.
                continue;
            }
            byte[] both = Arrays.copyOf(leftBytes, leftBytes.length + rightBytes.length);
            System.arraycopy(rightBytes, 0, both, leftBytes.length, rightBytes.length);
            mergedByRank[rank] = symbol(left + right, both, textless);
            ranks.putIfAbsent(pair(symbol(left, leftBytes, textless), symbol(right, rightBytes, textless)), rank);
        }
    }

    @Override
    public Merger scratch() {
        return new Merger(this);
    }

    @Override
    public void encode(byte[] text, int from, int to, boolean first, Merger scratch, IntList out) {
        preTokenizer.split(text, from, to, (start, end) -> word(text, start, end, scratch, out));
    }

    @Override
    public long find(byte[] text, int left, int right, int from, int to) {
        int rank = ranks.get(pair(left, right));
        return rank == LongMap.ABSENT ? NONE : MergeRule.merge(rank, mergedByRank[rank]);
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
        int whole = ignoreMerges ? vocabulary.match(text, from, to) : ByteIndex.ABSENT;
        if (whole != ByteIndex.ABSENT) {
            out.add(whole);
        } else {
            merge(text, from, to, scratch, out);
        }
        if (cached) {
            cache.put(text, from, to, out.toArray(before));
        }
    }

    private void merge(byte[] text, int from, int to, Merger scratch, IntList out) {
        scratch.clear();
        for (int p = from; p < to; p++) {
            scratch.add(byteSymbols[text[p] & 0xFF], p, p + 1);
        }
        scratch.merge(text);
        for (int i = 0; i < scratch.count(); i++) {
            if (scratch.id(i) < vocabulary.size()) {
                out.add(scratch.id(i));
            } else {
                bytes(text, scratch.start(i), scratch.start(i + 1), out);
            }
        }
    }

    /** A merge that leads to no token is taken apart again; a byte that no token stands for is lost. */
    private void bytes(byte[] text, int from, int to, IntList out) {
        for (int p = from; p < to; p++) {
            int symbol = byteSymbols[text[p] & 0xFF];
            if (symbol < vocabulary.size()) {
                out.add(symbol);
            }
        }
    }

    private int symbol(String spelled, byte[] bytes, Map<String, Integer> textless) {
        int token = vocabulary.match(bytes, 0, bytes.length);
        if (token != ByteIndex.ABSENT) {
            return token;
        }
        @Nullable Integer known = textless.get(spelled);
        if (known == null) {
            known = vocabulary.size() + textless.size();
            textless.put(spelled, known);
        }
        return known;
    }

    private static long pair(int left, int right) {
        return ((long) left << 32) | right;
    }
}
