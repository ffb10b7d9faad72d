package dev.sluice.backend;

import java.util.Arrays;

/**
 * One pass of tokens through the layers: a part for each sequence that takes part in it. The rows of a layer's input and
 * output are the parts' tokens one after another, so that weights are read once for all sequences; rows of logits follow
 * one another likewise.
 *
 * <p>A step of one sequence is made by {@link #Step(int, int, int)}. Who runs step after step of several sequences keeps
 * one {@link #forParts(int)} and fills it anew for each, which allocates nothing. A backend reads a step only while
 * {@link CompiledLayer#submit} runs, so it may be changed as soon as that returns. Not thread-safe.
 */
public final class Step {
    private final int[] positions;
    /** First row of each part, and after the last the number of rows. */
    private final int[] rows;
    /** First row of logits of each part, and after the last the number of them. */
    private final int[] outputs;

    private int parts;

    private Step(int mostParts) {
        if (mostParts <= 0) {
            throw new IllegalArgumentException("a step of " + mostParts + " parts");
        }
        positions = new int[mostParts];
        rows = new int[mostParts + 1];
        outputs = new int[mostParts + 1];
    }

    /**
     * A step of one sequence.
     *
     * @param position index of the first token in its sequence
     * @param tokens how many there are
     * @param outputRows for how many of them, counted from the last, logits are wanted
     */
    public Step(int position, int tokens, int outputRows) {
        this(1);
        add(position, tokens, outputRows);
    }

    /** A step without parts yet, with room for some. */
    public static Step forParts(int mostParts) {
        return new Step(mostParts);
    }

    /** Takes all parts out. */
    public Step clear() {
        parts = 0;
        return this;
    }

    /**
     * Adds a part.
     *
     * @param position index of its first token in its sequence
     * @param tokens how many tokens it has
     * @param outputRows for how many of them, counted from the last, logits are wanted
     * @throws IllegalArgumentException if these are impossible
     * @throws IllegalStateException if there is no room for another part
     */
    public Step add(int position, int tokens, int outputRows) {
        if (position < 0 || tokens <= 0 || outputRows < 0 || outputRows > tokens) {
            throw new IllegalArgumentException(
                    "position " + position + ", tokens " + tokens + ", outputRows " + outputRows);
        }
        if (parts == positions.length) {
            throw new IllegalStateException("a step with room for " + parts + " parts has all of them");
        }
        int next = Math.addExact(rows[parts], tokens);
        positions[parts] = position;
        outputs[parts + 1] = outputs[parts] + outputRows;
        rows[++parts] = next;
        return this;
    }

    /** How many sequences take part. */
    public int parts() {
        return parts;
    }

    /** Tokens of all parts. */
    public int tokens() {
        return rows[parts];
    }

    /** Rows of logits of all parts. */
    public int outputRows() {
        return outputs[parts];
    }

    /** Index of a part's first token in its sequence. */
    public int position(int part) {
        return positions[checked(part)];
    }

    /** How many tokens a part has. */
    public int tokens(int part) {
        return rows[checked(part) + 1] - rows[part];
    }

    /** For how many of a part's tokens, counted from the last, logits are wanted. */
    public int outputRows(int part) {
        return outputs[checked(part) + 1] - outputs[part];
    }

    /** Row of a part's first token among the tokens of all parts. */
    public int firstRow(int part) {
        return rows[checked(part)];
    }

    /** Row of a part's first logits among the logits of all parts. */
    public int firstOutput(int part) {
        return outputs[checked(part)];
    }

    private int checked(int part) {
        if (part < 0 || part >= parts) {
            throw new IndexOutOfBoundsException("part " + part + " of " + parts);
        }
        return part;
    }

    @Override
    public String toString() {
        return "Step[positions " + Arrays.toString(Arrays.copyOf(positions, parts)) + ", first rows "
                + Arrays.toString(Arrays.copyOf(rows, parts + 1)) + ", first outputs "
                + Arrays.toString(Arrays.copyOf(outputs, parts + 1)) + "]";
    }
}
