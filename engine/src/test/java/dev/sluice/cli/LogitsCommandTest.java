package dev.sluice.cli;

import static dev.sluice.cli.CommandRun.tinyModel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.sluice.LoadOptions;
import dev.sluice.Model;
import dev.sluice.Sluice;
import dev.sluice.runtime.Sequence;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogitsCommandTest {
    private static final Path MODEL = tinyModel("gemma3");

    @TempDir
    Path folder;

    private CommandRun logits(String ids, Path out) {
        return CommandRun.of(
                "logits", "--model", MODEL.toString(), "--device", "cpu", "--tokens", ids, "--out", out.toString());
    }

    @Test
    void theFileHoldsARowOfLittleEndianFloatsPerToken() throws IOException {
        Path out = folder.resolve("logits.bin");
        logits("2,5,9", out).succeeds();
        FloatBuffer written = ByteBuffer.wrap(Files.readAllBytes(out))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
        try (Model model =
                        Sluice.load(MODEL, LoadOptions.DEFAULT.withDevice("cpu").withContextLength(3));
                Sequence sequence = model.newSequence(3)) {
            int vocabulary = model.graph().vocabulary();
            assertEquals(3 * vocabulary, written.remaining());
            sequence.append(new int[] {2, 5, 9}, 0, 3, 3);
            float[] row = new float[vocabulary];
            for (int i = 0; i < 3; i++) {
                sequence.logits(i, row);
                for (float value : row) {
                    assertEquals(value, written.get());
                }
            }
        }
    }

    @Test
    void anExistingFileIsReplaced() throws IOException {
        Path out = Files.write(folder.resolve("logits.bin"), new byte[1 << 20]);
        logits("2", out).succeeds();
        assertFalse(Files.size(out) == 1 << 20);
    }

    @Test
    void aPlaceThatCannotBeWrittenIsNamed() {
        Path out = folder.resolve("no/such/folder/logits.bin");
        logits("2", out).fails(1, out.toString(), "no such file or folder");
    }

    @Test
    void nothingIsLeftWhenEvaluationFails() {
        Path out = folder.resolve("logits.bin");
        logits("2,99999999", out).fails(1, "99999999");
        assertFalse(Files.exists(out));
    }
}
