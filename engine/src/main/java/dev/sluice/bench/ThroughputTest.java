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

    /**
     * What one sequence does in a step.
     *
     * @param sequence the sequence's number
     * @param position of its first token
     * @param tokens how many
     * @param last whether the logits after the last of them are computed
     */
    record Part(int sequence, int position, int tokens, boolean last) {}

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

    /** The steps in which all sequences read their prompts. */
    List<List<Part>> promptSteps(int batchTokens) {
        return steps(depth, prompt, batchTokens);
    }

    /** The steps in which all sequences reach the depth. */
    List<List<Part>> depthSteps(int batchTokens) {
        return steps(0, depth, batchTokens);
    }

    /** Steps as full as they can be, the sequences one after another. */
    private List<List<Part>> steps(int from, int count, int batchTokens) {
        List<List<Part>> steps = new ArrayList<>();
        int room = 0;
        for (int sequence = 0; sequence < sequences; sequence++) {
            for (int done = 0; done < count; ) {
                if (room == 0) {
                    steps.add(new ArrayList<>());
                    room = batchTokens;
                }
                int n = Math.min(room, count - done);
                steps.getLast().add(new Part(sequence, from + done, n, done + n == count));
                done += n;
                room -= n;
            }
        }
        return steps;
    }

    /** The step in which each sequence generates a token. */
    List<Part> generationStep(int index) {
        List<Part> step = new ArrayList<>();
        for (int sequence = 0; sequence < sequences; sequence++) {
            step.add(new Part(sequence, depth + prompt + index, 1, true));
        }
        return step;
    }
}
