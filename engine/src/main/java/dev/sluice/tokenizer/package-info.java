/**
 * Text to token ids and back: byte-level BPE ({@code gpt2}) and SentencePiece BPE ({@code llama}), read from the
 * {@code tokenizer.ggml.*} metadata of a model file. Everything but {@link dev.sluice.tokenizer.StreamDecoder} is
 * immutable and safe to share between threads.
 */
@NullMarked
package dev.sluice.tokenizer;

import org.jspecify.annotations.NullMarked;
