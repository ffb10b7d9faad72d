package dev.sluice.tokenizer;

import dev.sluice.formats.Metadata;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Finds out which tokens begin and end a text. Files often leave the ends out or mark them as plain text, so they are
 * known by their names too; the names and the order of the rules are those of llama.cpp, which published files were
 * tested with.
 */
final class SpecialTokens {
    /** A model that gives one of these out has finished, whatever the metadata say. */
    private static final Set<String> ENDS = Set.of(
            "<|eot_id|>",
            "<|im_end|>",
            "<|end|>",
            "<|return|>",
            "<|call|>",
            "<|flush|>",
            "<|calls|>",
            "<end_of_turn>",
            "<|endoftext|>",
            "</s>",
            "<|eom_id|>",
            "<EOT>",
            "_<EOT>",
            "[EOT]",
            "[EOS]",
            "<|end_of_text|>",
            "<end_of_utterance>",
            "<eos>",
            "<turn|>",
            "<|tool_response>",
            "<｜end▁of▁sentence｜>",
            "[e~[");

    /** The parts of a fill-in-the-middle prompt: control tokens, however the file marks them. */
    private record FimRole(List<String> keys, boolean ends, Set<String> names) {}

    private static final List<FimRole> FIM_ROLES = List.of(
            new FimRole(
                    List.of("tokenizer.ggml.fim_pre_token_id", "tokenizer.ggml.prefix_token_id"),
                    false,
                    Set.of(
                            "<|fim_prefix|>",
                            "<fim-prefix>",
                            "<fim_prefix>",
                            "<｜fim▁begin｜>",
                            "<PRE>",
                            "▁<PRE>",
                            "<|code_prefix|>",
                            "<|prefix|>")),
            new FimRole(
                    List.of("tokenizer.ggml.fim_suf_token_id", "tokenizer.ggml.suffix_token_id"),
                    false,
                    Set.of(
                            "<|fim_suffix|>",
                            "<fim-suffix>",
                            "<fim_suffix>",
                            "<｜fim▁hole｜>",
                            "<SUF>",
                            "▁<SUF>",
                            "<|code_suffix|>",
                            "<|suffix|>")),
            new FimRole(
                    List.of("tokenizer.ggml.fim_mid_token_id", "tokenizer.ggml.middle_token_id"),
                    false,
                    Set.of(
                            "<|fim_middle|>",
                            "<fim-middle>",
                            "<fim_middle>",
                            "<｜fim▁end｜>",
                            "<MID>",
                            "▁<MID>",
                            "<|code_middle|>",
                            "<|middle|>")),
            new FimRole(
                    List.of("tokenizer.ggml.fim_pad_token_id"),
                    true,
                    Set.of("<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]")),
            new FimRole(
                    List.of("tokenizer.ggml.fim_rep_token_id"),
                    true,
                    Set.of("<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>")),
            new FimRole(List.of("tokenizer.ggml.fim_sep_token_id"), true, Set.of("<|file_sep|>")));

    /** gpt-oss writes its channels with these, and readers of its output need to see them. */
    private static final Set<String> SHOWN = Set.of("<|channel|>", "<|message|>", "<|start|>", "<|constrain|>");

    private SpecialTokens() {}

    /** Marks the tokens that are control tokens by their name, changing the types in place. */
    static void correctTypes(Metadata metadata, String[] texts, TokenType[] types) {
        for (FimRole role : FIM_ROLES) {
            if (role.keys().stream().noneMatch(metadata::has)) {
                firstNamed(role.names(), texts).ifPresent(id -> types[id] = TokenType.CONTROL);
            }
        }
        for (int id = 0; id < texts.length; id++) {
            if (ENDS.contains(texts[id])) {
                types[id] = TokenType.CONTROL;
            } else if (SHOWN.contains(texts[id])) {
                types[id] = TokenType.USER_DEFINED;
            }
        }
        Map<String, Integer> ends = endsByName(texts);
        Integer turnEnd = ends.get("<|end|>");
        if (turnEnd != null && turnsGoOn(ends)) {
            types[turnEnd] = TokenType.USER_DEFINED;
        }
        Integer markup = ends.get("</s>");
        if (markup != null && strikesThrough(ends)) {
            types[markup] = TokenType.NORMAL;
        }
    }

    /** The tokens at which generation ends. */
    static BitSet endsOfGeneration(Metadata metadata, String[] texts) {
        BitSet found = new BitSet(texts.length);
        Map<String, Integer> ends = endsByName(texts);
        ends.values().forEach(found::set);
        for (FimRole role : FIM_ROLES) {
            if (role.ends()) {
                String key = role.keys().getFirst();
                OptionalInt id =
                        metadata.has(key) ? Keys.tokenId(metadata, key, texts.length) : firstNamed(role.names(), texts);
                id.ifPresent(found::set);
            }
        }
        for (String key : List.of(Keys.EOS, Keys.EOT, Keys.EOM)) {
            Keys.tokenId(metadata, key, texts.length).ifPresent(found::set);
        }
        Integer turnEnd = ends.get("<|end|>");
        if (turnEnd != null && turnsGoOn(ends)) {
            found.clear(turnEnd);
        }
        Integer markup = ends.get("</s>");
        if (markup != null && strikesThrough(ends)) {
            found.clear(markup);
        }
        return found;
    }

    /** Where a model closes its reply with a token of its own, {@code <|end|>} only closes one part of it. */
    private static boolean turnsGoOn(Map<String, Integer> ends) {
        boolean calls = ends.containsKey("<|call|>") || ends.containsKey("<|calls|>");
        return calls && (ends.containsKey("<|return|>") || ends.containsKey("<|flush|>"));
    }

    /** Where {@code </s>} is HTML's end of struck-through text. */
    private static boolean strikesThrough(Map<String, Integer> ends) {
        return ends.containsKey("<|tool_response>");
    }

    private static Map<String, Integer> endsByName(String[] texts) {
        Map<String, Integer> ends = new HashMap<>();
        for (int id = 0; id < texts.length; id++) {
            if (ENDS.contains(texts[id])) {
                ends.putIfAbsent(texts[id], id);
            }
        }
        return ends;
    }

    private static OptionalInt firstNamed(Set<String> names, String[] texts) {
        for (int id = 0; id < texts.length; id++) {
            if (names.contains(texts[id])) {
                return OptionalInt.of(id);
            }
        }
        return OptionalInt.empty();
    }
}
