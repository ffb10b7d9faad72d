package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.tensor.DType;
import dev.sluice.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PracticeModelTest {
    @Test
    void itsFileIsReadAndHasEveryFormatThatIsComputed(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("practice.gguf");
        PracticeModel.write(file, 2, PracticeModel.ALL_FORMATS);
        try (ModelSource source = ModelFiles.open(file)) {
            Set<DType> formats = source.tensors().values().stream()
                    .map(tensor -> tensor.type())
                    .collect(Collectors.toCollection(() -> EnumSet.noneOf(DType.class)));
            Set<DType> packed =
                    Arrays.stream(DType.values()).filter(RowTiles::supports).collect(Collectors.toSet());
            assertEquals(packed, formats);
            Tokenizer tokenizer = Tokenizer.of(source.metadata());
            int[] ids = tokenizer.encode("a word to merge, ok", false);
            assertEquals("a word to merge, ok", tokenizer.decode(ids));
            assertTrue(ids.length < 12, "letters are merged: " + Arrays.toString(ids));
        }
    }

    @Test
    void practiceGoesThroughItsCommandsAndLeavesNothingBehind() {
        CommandRun run = CommandRun.of("practice");
        assertEquals(0, run.code(), run.err());
        assertEquals("", run.out());
    }
}
