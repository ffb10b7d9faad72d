package dev.sluice.bench;

/**
 * One thing to measure, in llama-bench's terms.
 *
 * @param prompt tokens of a prompt to read in batches; 0 for none
 * @param generated tokens to generate one by one; 0 for none
 * @param depth tokens in the context before the clock starts
 */
public record ThroughputTest(int prompt, int generated, int depth) {
    public ThroughputTest {
        if (prompt < 0 || generated < 0 || depth < 0 || prompt + generated == 0) {
            throw new IllegalArgumentException("prompt " + prompt + ", generated " + generated + ", depth " + depth);
        }
    }

    /** Its name: {@code pp512}, {@code tg128}, {@code pp512+tg128}, each {@code @ d4096} where there is a depth. */
    public String label() {
        String name = prompt > 0 ? "pp" + prompt : "";
        if (generated > 0) {
            name += (name.isEmpty() ? "" : "+") + "tg" + generated;
        }
        return depth > 0 ? name + " @ d" + depth : name;
    }

    /** Tokens that the clock counts. */
    public int tokens() {
        return prompt + generated;
    }
}
