package dev.sluice.benches.synthetic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.LoadOptions;
import dev.sluice.Model;
import dev.sluice.Session;
import dev.sluice.Sluice;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.runtime.GenerateOptions;
import dev.sluice.tensor.BlockCodec;
import dev.sluice.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SyntheticModelTest {
    private static final SyntheticModel.Size SMALL = new SyntheticModel.Size(2, 256, 512, 4, 2, 1000);

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(RandomBlocks.class)
    void weightsHaveMeanZeroAndTheDeviationAskedFor(RandomBlocks format) throws IOException {
        try (ModelSource model = ModelFiles.open(write(format, "weights.gguf"))) {
            float[] values = BlockCodec.floats(model.tensor("blk.1.ffn_down.weight"));
            double sum = 0;
            double squares = 0;
            for (float value : values) {
                sum += value;
                squares += value * (double) value;
            }
            double deviation = 1 / Math.sqrt(SMALL.feedForward());
            // 131,072 draws: the mean of the sum strays by deviation / 362, that of squares by a few per mille.
            assertEquals(0, sum / values.length, deviation / 70);
            assertEquals(deviation, Math.sqrt(squares / values.length), 0.02 * deviation);
        }
    }

    @ParameterizedTest
    @EnumSource(RandomBlocks.class)
    void textIsGenerated(RandomBlocks format) throws IOException {
        Path file = write(format, "generate.gguf");
        try (Model model =
                        Sluice.load(file, LoadOptions.DEFAULT.withDevice("cpu").withContextLength(64));
                Session session = model.newSession()) {
            GenerateOptions four = GenerateOptions.DEFAULT.withMaxTokens(4).withIgnoreEnd(true);
            assertEquals(
                    4,
                    session.generate("a quick test", four, text -> {}).tokens().size());
        }
    }

    @Test
    void anyTextSurvivesTheVocabulary() throws IOException {
        String text = "the Quick fox, 12 °C\n\ttwo  spaces ▁ 漢字";
        try (ModelSource model = ModelFiles.open(write(RandomBlocks.Q4_K, "vocabulary.gguf"))) {
            Tokenizer tokenizer = Tokenizer.of(model.metadata());
            // SentencePiece writes a space as this very sign.
            assertEquals(text.replace('▁', ' '), tokenizer.decode(tokenizer.encode(text, false)));
        }
    }

    @Test
    void theSameArgumentsGiveTheSameBytes() throws IOException {
        assertArrayEquals(
                Files.readAllBytes(write(RandomBlocks.Q6_K, "one.gguf")),
                Files.readAllBytes(write(RandomBlocks.Q6_K, "two.gguf")));
    }

    private Path write(RandomBlocks format, String name) throws IOException {
        Path file = folder.resolve(name);
        SyntheticModel.write(SMALL, format, 7, file);
        return file;
    }
}
