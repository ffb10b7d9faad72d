package dev.sluice.runtime;

import dev.sluice.error.SluiceException;
import dev.sluice.tokenizer.StreamDecoder;
import dev.sluice.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a prompt into a sequence and generates from there, token by token. The last token generated is not yet part of
 * the sequence when it returns, unless the caller appends it.
 */
public final class Generator {
    private final Sequence sequence;
    private final Executor executor;
    private final @Nullable Tokenizer tokenizer;

    /** @param tokenizer turns tokens into text; null gives none */
    public Generator(Executor executor, Sequence sequence, @Nullable Tokenizer tokenizer) {
        this.executor = executor;
        this.sequence = sequence;
        this.tokenizer = tokenizer;
    }

    /**
     * Generates.
     *
     * @param prompt ids to append first, at least one
     * @param options what to do
     * @param listener receives pieces of text as soon as they are certain: whole characters, never part of a stop string
     * @param cancelled asked before every step
     * @throws SluiceException if the prompt does not fit the context
     */
    public Generation run(int[] prompt, GenerateOptions options, Consumer<String> listener, BooleanSupplier cancelled) {
        if (prompt.length == 0) {
            throw new SluiceException("the prompt is empty: there is nothing to go on from");
        }
        if (prompt.length > sequence.capacity() - sequence.position()) {
            throw new SluiceException("the prompt of " + prompt.length + " tokens does not fit the context of "
                    + sequence.capacity() + " tokens, of which " + sequence.position()
                    + " are taken; raise --ctx or shorten it");
        }
        long started = System.nanoTime();
        Output output = new Output(options, listener);
        int limit = options.maxTokens() < 0 ? Integer.MAX_VALUE : options.maxTokens();
        if (!prefill(prompt, limit > 0 ? 1 : 0, options.progress(), cancelled)) {
            return output.finish(prompt.length, Generation.FinishReason.CANCELLED, System.nanoTime() - started, 0);
        }
        if (limit == 0) {
            return output.finish(prompt.length, Generation.FinishReason.LENGTH, System.nanoTime() - started, 0);
        }
        long firstToken;
        Generation.FinishReason reason;
        try (TokenSource source = source(options.sampling(), prompt, limit - 1)) {
            int first = source.first();
            firstToken = System.nanoTime();
            reason = go(source, first, output, limit, cancelled);
        }
        return output.finish(prompt.length, reason, firstToken - started, System.nanoTime() - firstToken);
    }

    private TokenSource source(Sampling sampling, int[] prompt, int more) {
        return sampling.isPlainGreedy()
                ? new GreedyTokens(sequence, Math.min(more, sequence.capacity() - sequence.position()))
                : new SampledTokens(sequence, sampling, prompt, executor.graph().vocabulary());
    }

    private Generation.FinishReason go(
            TokenSource source, int first, Output output, int limit, BooleanSupplier cancelled) {
        int next = first;
        while (true) {
            Generation.FinishReason reason = output.accept(next, limit);
            if (reason != null) {
                return reason;
            }
            if (cancelled.getAsBoolean()) {
                return Generation.FinishReason.CANCELLED;
            }
            if (sequence.position() == sequence.capacity()) {
                return Generation.FinishReason.CONTEXT;
            }
            next = source.after(next);
        }
    }

    private boolean prefill(int[] prompt, int outputRows, Progress progress, BooleanSupplier cancelled) {
        int step = executor.promptTokens();
        for (int done = 0; done < prompt.length; ) {
            int from = done;
            int count = Math.min(step, prompt.length - from);
            try {
                sequence.append(
                        prompt, from, count, from + count == prompt.length ? outputRows : 0, (what, part, all) -> {
                            if (cancelled.getAsBoolean()) {
                                throw new CancellationException();
                            }
                            progress.report("reading the prompt", from + count * part / all, prompt.length);
                        });
            } catch (CancellationException e) {
                return false; // the sequence is as it was before the step
            }
            done += count;
        }
        progress.report("reading the prompt", prompt.length, prompt.length);
        return true;
    }

    /** Collects tokens and lets text out. */
    private final class Output {
        private final GenerateOptions options;
        private final Consumer<String> listener;
        private final StopFilter filter;
        private final @Nullable StreamDecoder decoder;
        private final List<Integer> tokens = new ArrayList<>();
        private final StringBuilder text = new StringBuilder();

        Output(GenerateOptions options, Consumer<String> listener) {
            this.options = options;
            this.listener = listener;
            this.filter = new StopFilter(options.stops());
            this.decoder = tokenizer == null ? null : tokenizer.stream();
        }

        Generation.@Nullable FinishReason accept(int id, int limit) {
            tokens.add(id);
            if (!options.ignoreEnd() && tokenizer != null && tokenizer.isEndOfGeneration(id)) {
                return Generation.FinishReason.END;
            }
            if (decoder != null) {
                show(filter.push(decoder.push(id)));
            }
            if (filter.stopped()) {
                return Generation.FinishReason.STOP;
            }
            return tokens.size() >= limit ? Generation.FinishReason.LENGTH : null;
        }

        Generation finish(int promptTokens, Generation.FinishReason reason, long prefill, long decode) {
            if (decoder != null && !filter.stopped()) {
                show(filter.push(decoder.finish()));
                show(filter.flush());
            }
            return new Generation(
                    text.toString(), tokens, promptTokens, reason, new Generation.Timings(prefill, decode));
        }

        private void show(String piece) {
            if (!piece.isEmpty()) {
                text.append(piece);
                listener.accept(piece);
            }
        }
    }
}
