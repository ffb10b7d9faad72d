package dev.sluice.trace;

/** What a span is about, and what its numbers mean. */
public enum SpanKind {
    /** All that is computed at once: of a prompt, or a token of each sequence. */
    STEP("step", "tokens", "position"),
    /** One layer or several, as a device computed them. */
    LAYERS("layers", "tokens", "position"),
    /** One kernel. */
    KERNEL("kernel"),
    /** Layers that are handed to a device. */
    SUBMIT("submit", "tokens", "position"),
    /** Bytes on their way between host and device. */
    COPY("copy", "bytes"),
    /** Something that is waited for. */
    WAIT("wait"),
    /** A token that is chosen from logits. */
    SAMPLE("sample", "id"),
    /** Weights that are read, packed and brought to a device. */
    LOAD("load", "layers", "bytes"),
    /** What goes where is decided. */
    PLAN("plan", "layers");

    private final String category;
    private final String first;
    private final String second;

    SpanKind(String category) {
        this(category, "");
    }

    SpanKind(String category, String first) {
        this(category, first, "");
    }

    SpanKind(String category, String first, String second) {
        this.category = category;
        this.first = first;
        this.second = second;
    }

    /** In the file's words. */
    String category() {
        return category;
    }

    /** What the first number of a span is; empty if it has none. */
    String first() {
        return first;
    }

    /** What the second number is; empty if it has none. */
    String second() {
        return second;
    }
}
