package dev.sluice.backend;

/**
 * One pass of tokens through the layers.
 *
 * @param position index of the first token in its sequence
 * @param tokens how many there are
 * @param outputRows for how many of them, counted from the last, logits are wanted
 */
public record Step(int position, int tokens, int outputRows) {
    public Step {
        if (position < 0 || tokens <= 0 || outputRows < 0 || outputRows > tokens) {
            throw new IllegalArgumentException(
                    "position " + position + ", tokens " + tokens + ", outputRows " + outputRows);
        }
    }
}
