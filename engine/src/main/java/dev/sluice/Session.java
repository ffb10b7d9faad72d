package dev.sluice;

import dev.sluice.runtime.Executor;
import dev.sluice.runtime.GenerateOptions;
import dev.sluice.runtime.Generation;
import dev.sluice.runtime.Generator;
import dev.sluice.runtime.Sequence;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * One conversation: what was read and written so far stays in its KV cache, and each call goes on from there. Used by
 * one thread at a time, except {@link #cancel()}; closing twice does no harm.
 */
public final class Session implements AutoCloseable {
    private static final int[] NOTHING = {};

    private final Model model;
    private final Sequence sequence;
    private final Executor executor;
    private final AtomicBoolean cancelled = new AtomicBoolean();
    /** The last token of the last reply, which the model has not read yet. */
    private int[] pending = NOTHING;

    Session(Model model, Sequence sequence, Executor executor) {
        this.model = model;
        this.sequence = sequence;
        this.executor = executor;
    }

    /**
     * Goes on from a text. At the very beginning the vocabulary's begin token is put before it, if it asks for one;
     * control tokens spelled out in the text are understood as such.
     *
     * @param prompt what to append first
     * @param listener receives the pieces of the reply as they come, on the calling thread
     * @return the whole reply
     * @throws dev.sluice.error.SluiceException if the prompt is empty or the context is full
     */
    public Generation generate(String prompt, GenerateOptions options, Consumer<String> listener) {
        int[] ids = model.tokenizer().encode(prompt, true);
        return generate(position() == 0 ? model.tokenizer().withBos(ids) : ids, options, listener);
    }

    /** As {@link #generate(String, GenerateOptions, Consumer)}, from token ids, which are taken as they are. */
    public Generation generate(int[] ids, GenerateOptions options, Consumer<String> listener) {
        cancelled.set(false);
        int[] prompt = new int[pending.length + ids.length];
        System.arraycopy(pending, 0, prompt, 0, pending.length);
        System.arraycopy(ids, 0, prompt, pending.length, ids.length);
        Generation result = new Generator(
                        executor, sequence, model.findTokenizer().orElse(null))
                .run(
                        prompt,
                        options,
                        listener,
                        () -> cancelled.get() || Thread.currentThread().isInterrupted());
        pending =
                result.tokens().isEmpty() ? NOTHING : new int[] {result.tokens().getLast()};
        return result;
    }

    /** Ends a running generation after its current step; from any thread. */
    public void cancel() {
        cancelled.set(true);
    }

    /** Tokens in the conversation so far. */
    public int position() {
        return sequence.position() + pending.length;
    }

    /** Forgets the conversation. */
    public void reset() {
        sequence.truncate(0);
        pending = NOTHING;
    }

    @Override
    public void close() {
        sequence.close();
    }
}
