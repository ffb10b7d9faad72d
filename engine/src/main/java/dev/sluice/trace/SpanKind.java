package dev.sluice.trace;

import java.util.List;

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
    private final List<String> numbers;

    SpanKind(String category, String... numbers) {
        this.category = category;
        this.numbers = List.of(numbers);
    }

    /** In the file's words. */
    String category() {
        return category;
    }

    /** The names of a span's first and second number, as far as it has them. */
    List<String> numbers() {
        return numbers;
    }
}
