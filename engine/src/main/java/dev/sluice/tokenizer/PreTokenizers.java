package dev.sluice.tokenizer;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pre-tokenizers by the names that {@code tokenizer.ggml.pre} gives them, and what else such a name stands for. */
final class PreTokenizers {
    private static final Logger LOG = LoggerFactory.getLogger(PreTokenizers.class);

    private static final String DEFAULT = "default";

    /**
     * What a name stands for.
     *
     * @param cuts the cuts in order
     * @param ignoreMerges whether a word that is a token is that token, whatever the merges say
     * @param addBos whether a text begins with the begin token unless the file says otherwise
     */
    record Family(Supplier<List<PreTokenizer.Cut>> cuts, boolean ignoreMerges, boolean addBos) {
        PreTokenizer create() {
            return new PreTokenizer(cuts.get());
        }
    }

    private static final Map<String, Family> BY_NAME = new TreeMap<>();

    static {
        register(
                () -> List.of(Cuts.punctuationAnd("$+<=>^~|"), new Gpt2Cut(), Cuts.NUMBERS, Cuts.THREE_DIGITS),
                DEFAULT);
        register(
                () -> List.of(new Gpt2Cut()),
                "gpt-2",
                "phi-2",
                "jina-es",
                "jina-de",
                "jina-v2-es",
                "jina-v2-de",
                "jina-v1-en",
                "jina-v2-code",
                "roberta-bpe",
                "gigachat",
                "a.x-4.0",
                "mellum",
                "modern-bert",
                "exaone4",
                "mpt",
                "olmo",
                "jais",
                "trillion",
                "granite-docling");
        register(
                () -> List.of(Cuts.NUMBER, new Gpt2Cut()),
                "starcoder",
                "refact",
                "command-r",
                "smollm",
                "codeshell",
                "exaone",
                "minerva-7b",
                "mellum2");
        register(() -> List.of(Cuts.punctuationAnd("$+<=>^~|`"), new Gpt2Cut(), Cuts.THREE_DIGITS), "falcon");
        register(
                () -> List.of(Cuts.NEWLINE, Cuts.SPACE_LETTERS, Cuts.SPACE_PUNCTUATION, Cuts.EAST_ASIAN, Cuts.NUMBER),
                "deepseek-coder");
        register(
                () -> List.of(Cuts.numbers(3), Cuts.HAN_OR_KANA, new DeepSeekV3Cut()),
                "deepseek-v3",
                "hunyuan-dense",
                "joyai-llm",
                "hy_v4");
        Supplier<List<PreTokenizer.Cut>> llama3 = () -> List.of(new Llama3Cut(3, false));
        register(llama3, "dbrx", "smaug-bpe", "chatglm-bpe");
        for (String name : List.of(
                "llama3",
                "llama-v3",
                "llama-bpe",
                "falcon3",
                "falcon-h1",
                "pixtral",
                "midm-2.0",
                "lfm2",
                "jina-v5-nano")) {
            BY_NAME.put(name, new Family(llama3, true, true));
        }
        for (String name : List.of("glm4", "glm5")) {
            BY_NAME.put(name, new Family(llama3, true, false));
        }
        register(
                () -> List.of(new Llama3Cut(1, false)),
                "qwen2",
                "deepseek-r1-qwen",
                "kormo",
                "f2llmv2",
                "stablelm2",
                "hunyuan",
                "solar-open",
                "megrez",
                "grok-2");
        register(() -> List.of(new Llama3Cut(1, true)), "qwen35");
        register(() -> List.of(new CaseCut(3, true)), "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2");
        BY_NAME.put("tekken", new Family(() -> List.of(new CaseCut(1, false)), true, true));
    }

    private PreTokenizers() {}

    /** The family that a file names; the default, with a warning, if it names none. */
    static Family of(Metadata metadata) {
        String name = metadata.string(Keys.PRE, "");
        if (name.isEmpty()) {
            LOG.warn(
                    "The file does not say how its tokenizer cuts words ('{}'): using '{}'. The model may write worse"
                            + " text than it can; a newer conversion of it has the key.",
                    Keys.PRE,
                    DEFAULT);
            name = DEFAULT;
        }
        Family family = BY_NAME.get(name);
        if (family == null) {
            throw new SluiceException("The pre-tokenizer '" + name + "' ('" + Keys.PRE
                    + "') is not supported; supported are " + String.join(", ", new ArrayList<>(BY_NAME.keySet())));
        }
        return family;
    }

    private static void register(Supplier<List<PreTokenizer.Cut>> cuts, String... names) {
        for (String name : names) {
            BY_NAME.put(name, new Family(cuts, false, false));
        }
    }
}
