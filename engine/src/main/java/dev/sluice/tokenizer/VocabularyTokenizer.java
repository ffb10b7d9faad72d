package dev.sluice.tokenizer;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.Metadata;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** The tokenizer that a vocabulary and an encoder make; it also knows where special tokens interrupt a text. */
final class VocabularyTokenizer implements Tokenizer {
    /** The ids that SentencePiece gives its control tokens unless a file says otherwise. */
    private static final int SENTENCE_PIECE_BOS = 1;

    private final Vocabulary vocabulary;
    private final TextEncoder encoder;
    private final boolean spacePrefix;
    private final OptionalInt bos;
    private final boolean addBos;
    private final SpecialTokenSplitter userDefined;
    private final SpecialTokenSplitter allSpecial;

    private VocabularyTokenizer(
            Metadata metadata,
            Vocabulary vocabulary,
            TextEncoder encoder,
            boolean spacePrefix,
            OptionalInt defaultBos,
            boolean defaultAddBos) {
        this.vocabulary = vocabulary;
        this.encoder = encoder;
        this.spacePrefix = spacePrefix;
        OptionalInt named = Keys.tokenId(metadata, Keys.BOS, vocabulary.size());
        bos = named.isPresent() ? named : defaultBos;
        addBos = metadata.flag(Keys.ADD_BOS, defaultAddBos);
        String modelName = metadata.string("general.name", "");
        userDefined = new SpecialTokenSplitter(vocabulary, EnumSet.of(TokenType.USER_DEFINED), modelName);
        allSpecial = new SpecialTokenSplitter(
                vocabulary, EnumSet.of(TokenType.USER_DEFINED, TokenType.CONTROL, TokenType.UNKNOWN), modelName);
    }

    static Tokenizer of(Metadata metadata) {
        String model = metadata.string(Keys.MODEL);
        return switch (model) {
            case "gpt2" -> bytePair(metadata);
            case "llama" -> sentencePiece(metadata);
            default ->
                throw new SluiceException("The tokenizer '" + model + "' ('" + Keys.MODEL
                        + "') is not supported; supported are gpt2 (byte-level BPE) and llama (SentencePiece)");
        };
    }

    private static Tokenizer bytePair(Metadata metadata) {
        PreTokenizers.Family family = PreTokenizers.of(metadata);
        Vocabulary vocabulary = Vocabulary.of(metadata, true);
        TextEncoder encoder = new BytePairEncoder(metadata, vocabulary, family.create(), family.ignoreMerges());
        return new VocabularyTokenizer(metadata, vocabulary, encoder, false, OptionalInt.empty(), family.addBos());
    }

    private static Tokenizer sentencePiece(Metadata metadata) {
        Vocabulary vocabulary = Vocabulary.of(metadata, false);
        boolean spacePrefix = metadata.flag(Keys.ADD_SPACE_PREFIX, true);
        TextEncoder encoder = new SentencePieceEncoder(metadata, vocabulary, spacePrefix);
        OptionalInt bos =
                vocabulary.size() > SENTENCE_PIECE_BOS ? OptionalInt.of(SENTENCE_PIECE_BOS) : OptionalInt.empty();
        return new VocabularyTokenizer(metadata, vocabulary, encoder, spacePrefix, bos, true);
    }

    @Override
    public int[] encode(String text, boolean parseSpecial) {
        byte[] bytes = Vocabulary.utf8(text);
        IntList ids = new IntList(bytes.length / 3);
        (parseSpecial ? allSpecial : userDefined).split(bytes, new Encoding(bytes, encoder, ids));
        return ids.toArray();
    }

    @Override
    public int[] withBos(int[] ids) {
        if (!addBos || bos.isEmpty() || (ids.length > 0 && ids[0] == bos.getAsInt())) {
            return ids.clone();
        }
        int[] all = new int[ids.length + 1];
        all[0] = bos.getAsInt();
        System.arraycopy(ids, 0, all, 1, ids.length);
        return all;
    }

    @Override
    public byte[] bytes(int id) {
        return vocabulary.output(id).clone();
    }

    @Override
    public String decode(int[] ids) {
        ByteArrayOutputStream all = new ByteArrayOutputStream(ids.length * 4);
        for (int id : ids) {
            all.writeBytes(vocabulary.output(id));
        }
        String text = all.toString(StandardCharsets.UTF_8);
        return spacePrefix && text.startsWith(" ") ? text.substring(1) : text;
    }

    @Override
    public StreamDecoder stream() {
        return new StreamDecoder(vocabulary::output);
    }

    @Override
    public int vocabSize() {
        return vocabulary.size();
    }

    @Override
    public OptionalInt bos() {
        return bos;
    }

    @Override
    public boolean isEndOfGeneration(int id) {
        return vocabulary.isEnd(id);
    }

    @Override
    public OptionalInt idOf(String tokenText) {
        return vocabulary.idOf(tokenText);
    }

    @Override
    public String text(int id) {
        return vocabulary.text(id);
    }

    /** One call's way through the parts of a text. */
    private static final class Encoding implements SpecialTokenSplitter.Parts {
        private final byte[] text;
        private final TextEncoder encoder;
        private final IntList out;
        private @Nullable Merger scratch;
        private boolean first = true;

        Encoding(byte[] text, TextEncoder encoder, IntList out) {
            this.text = text;
            this.encoder = encoder;
            this.out = out;
        }

        @Override
        public void text(int from, int to) {
            Merger work = scratch == null ? encoder.scratch() : scratch;
            scratch = work;
            encoder.encode(text, from, to, first, work, out);
            first = false;
        }

        @Override
        public void token(int id) {
            out.add(id);
            first = true;
        }
    }
}
