package dev.sluice.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Cuts special tokens out of a text. The longest token is cut out first wherever it occurs, then the next longest of
 * what is left, and so on (not the leftmost first: that gives other ids where tokens overlap).
 */
final class SpecialTokenSplitter {
    /** Receives the parts of a text in order. */
    interface Parts {
        void text(int from, int to);

        void token(int id);
    }

    private static final int ROOT = 0;
    private static final int START_BITS = 32;
    private static final long TOKEN_MASK = 0xFFFF_FFFFL;

    /** The tokens in the order in which they are cut out. */
    private final int[] ids;

    private final byte[][] spellings;
    private final boolean[] stripsRight;
    /** A trie: (node, byte) to node. */
    private final LongMap children;
    /** The place in {@link #ids} of the token that ends at a node, or -1. */
    private final int[] tokenAt;

    private final boolean[] firstBytes = new boolean[256];

    /**
     * A splitter for some kinds of tokens.
     *
     * @param types which tokens are cut out
     * @param modelName one family swallows white space after its special tokens and is known by its name only
     */
    SpecialTokenSplitter(Vocabulary vocabulary, Set<TokenType> types, String modelName) {
        List<Integer> found = new ArrayList<>();
        for (int id = 0; id < vocabulary.size(); id++) {
            if (types.contains(vocabulary.type(id))) {
                found.add(id);
            }
        }
        found.sort(Comparator.comparingInt((Integer id) -> -Vocabulary.utf8(vocabulary.text(id)).length));
        ids = found.stream().mapToInt(Integer::intValue).toArray();
        spellings = new byte[ids.length][];
        stripsRight = new boolean[ids.length];
        String name = modelName.toLowerCase(Locale.ROOT);
        boolean strips = name.contains("phi-3") || name.contains("phi3");
        int bytes = 0;
        for (int i = 0; i < ids.length; i++) {
            String text = vocabulary.text(ids[i]);
            spellings[i] = Vocabulary.utf8(text);
            stripsRight[i] = strips && !Set.of("<unk>", "<s>", "<|endoftext|>").contains(text);
            bytes += spellings[i].length;
        }
        children = new LongMap(bytes);
        tokenAt = new int[bytes + 1];
        Arrays.fill(tokenAt, -1);
        int nodes = 1;
        for (int i = 0; i < ids.length; i++) {
            int node = ROOT;
            for (byte b : spellings[i]) {
                int child = children.get(edge(node, b));
                if (child == LongMap.ABSENT) {
                    child = nodes++;
                    children.putIfAbsent(edge(node, b), child);
                }
                node = child;
            }
            if (tokenAt[node] < 0) {
                tokenAt[node] = i;
            }
            firstBytes[spellings[i][0] & 0xFF] = true;
        }
    }

    /** Hands over the parts of a text in order. */
    void split(byte[] text, Parts parts) {
        Occurrences found = new Occurrences(ids.length);
        scan(text, found::count);
        if (found.isEmpty()) {
            if (text.length > 0) {
                parts.text(0, text.length);
            }
            return;
        }
        found.prepare();
        scan(text, found::put);
        BitSet taken = new BitSet(text.length);
        long[] kept = new long[16];
        int count = 0;
        for (int token = 0; token < ids.length; token++) {
            for (int i = found.first(token); i < found.first(token + 1); i++) {
                int from = found.start(i);
                int to = from + spellings[token].length;
                if (overlaps(taken, from, to)) {
                    continue;
                }
                while (stripsRight[token] && to < text.length && !taken.get(to) && isAsciiSpace(text[to])) {
                    to++;
                }
                taken.set(from, to);
                if (count == kept.length) {
                    kept = Arrays.copyOf(kept, count * 2);
                }
                kept[count++] = ((long) from << START_BITS) | token;
            }
        }
        Arrays.sort(kept, 0, count);
        int done = 0;
        for (int i = 0; i < count; i++) {
            int from = (int) (kept[i] >>> START_BITS);
            emitText(parts, taken, done, from);
            done = from;
            parts.token(ids[(int) (kept[i] & TOKEN_MASK)]);
        }
        emitText(parts, taken, done, text.length);
    }

    /** What is not taken between two tokens is one run: white space is only stripped beside a token. */
    private static void emitText(Parts parts, BitSet taken, int from, int to) {
        int start = taken.nextClearBit(from);
        if (start < to) {
            parts.text(start, to);
        }
    }

    private static boolean overlaps(BitSet taken, int from, int to) {
        for (int p = from; p < to; p++) {
            if (taken.get(p)) {
                return true;
            }
        }
        return false;
    }

    /** Receives an occurrence of a token, given by its place in {@link #ids}. */
    private interface Visitor {
        void visit(int token, int start);
    }

    private void scan(byte[] text, Visitor visitor) {
        for (int from = 0; from < text.length; from++) {
            if (!firstBytes[text[from] & 0xFF]) {
                continue;
            }
            int node = ROOT;
            for (int p = from; p < text.length; p++) {
                node = children.get(edge(node, text[p]));
                if (node == LongMap.ABSENT) {
                    break;
                }
                if (tokenAt[node] >= 0) {
                    visitor.visit(tokenAt[node], from);
                }
            }
        }
    }

    private static long edge(int node, byte b) {
        return ((long) node << 8) | (b & 0xFF);
    }

    private static boolean isAsciiSpace(byte b) {
        return b == ' ' || (b >= '\t' && b <= '\r');
    }
}
