package dev.sluice.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * One thing to measure, in llama-bench's terms.
 *
 * @param prompt tokens of a prompt to read in batches, of each sequence; 0 for none
 * @param generated tokens to generate one by one, of each sequence; 0 for none
 * @param depth tokens in the context of each sequence before the clock starts
 * @param sequences how many sequences are generated at once, a token of each in every step
 */
public record ThroughputTest(int prompt, int generated, int depth, int sequences) {
    public ThroughputTest {
        if (prompt < 0 || generated < 0 || depth < 0 || prompt + generated == 0 || sequences < 1) {
            throw new IllegalArgumentException(
                    "prompt " + prompt + ", generated " + generated + ", depth " + depth + ", sequences " + sequences);
        }
    }

    /** A test of one sequence. */
    public ThroughputTest(int prompt, int generated, int depth) {
        this(prompt, generated, depth, 1);
    }

    /** A piece of a prompt that is read in one step. */
    record Piece(int position, int tokens, boolean last) {}

    /**
     * Its name: {@code pp512}, {@code tg128}, {@code pp512+tg128}, each {@code @ d4096} where there is a depth; {@code
     * tg128 x8} generates 8 sequences at once.
     */
    public String label() {
        String name = prompt > 0 ? "pp" + prompt : "";
        if (generated > 0) {
            name += (name.isEmpty() ? "" : "+") + "tg" + generated;
        }
        if (sequences > 1) {
            name += " x" + sequences;
        }
        return depth > 0 ? name + " @ d" + depth : name;
    }

    /** Tokens that the clock counts, of all sequences together. */
    public int tokens() {
        return sequences * (prompt + generated);
    }

    /** The most tokens that a sequence holds. */
    public int context() {
        return depth + prompt + generated;
    }

    /** The steps in which each sequence reads the prompt. */
    List<Piece> promptPieces(int batchTokens) {
        return pieces(depth, prompt, batchTokens);
    }

    /** The steps in which each sequence reaches the depth. */
    List<Piece> depthPieces(int batchTokens) {
        return pieces(0, depth, batchTokens);
    }

    private static List<Piece> pieces(int from, int count, int batchTokens) {
        List<Piece> pieces = new ArrayList<>();
        for (int done = 0; done < count; done += batchTokens) {
            int n = Math.min(batchTokens, count - done);
            pieces.add(new Piece(from + done, n, done + n == count));
        }
        return pieces;
    }
}
