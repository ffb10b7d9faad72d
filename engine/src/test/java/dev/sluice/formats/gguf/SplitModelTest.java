package dev.sluice.formats.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.tensor.DType;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SplitModelTest {
    @TempDir
    Path folder;

    private static Path name(Path folder, int part) {
        return folder.resolve("m-%05d-of-00003.gguf".formatted(part));
    }

    /** Part {@code i} holds tensor {@code t<i>} with the one byte i; the first part holds the metadata. */
    private static GgufWriter part(int number) {
        GgufWriter writer = new GgufWriter();
        if (number == 1) {
            writer.string("general.architecture", "tiny");
        }
        return writer.u16("split.no", number - 1)
                .u16("split.count", 3)
                .i32("split.tensors.count", 3)
                .tensor("t" + number, DType.I8, new byte[] {(byte) number}, 1);
    }

    private void writeAll() {
        for (int i = 1; i <= 3; i++) {
            part(i).write(name(folder, i));
        }
    }

    private String refusal(Path path) {
        return assertThrows(SluiceException.class, () -> ModelFiles.open(path)).toString();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void opensAllPartsWhicheverIsNamed(int named) throws IOException {
        writeAll();
        try (ModelSource model = ModelFiles.open(name(folder, named))) {
            assertEquals(List.of("t1", "t2", "t3"), List.copyOf(model.tensors().keySet()));
            for (int i = 1; i <= 3; i++) {
                assertEquals(i, model.tensor("t" + i).data().get(ValueLayout.JAVA_BYTE, 0));
            }
            assertEquals("tiny", model.metadata().string("general.architecture"));
            assertTrue(model.description().contains("m-00001-of-00003.gguf"), model.description());
            long bytes = Files.size(name(folder, 1)) + Files.size(name(folder, 2)) + Files.size(name(folder, 3));
            assertEquals(bytes, model.fileBytes());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void namesThePartThatIsMissing(int missing) throws IOException {
        writeAll();
        Files.delete(name(folder, missing));
        String message = refusal(name(folder, missing == 1 ? 2 : 1));
        assertTrue(message.contains(name(folder, missing).toString()), message);
        assertTrue(message.contains("missing"), message);
    }

    @Test
    void saysHowAPartMustBeNamed() {
        Path path = part(2).write(folder.resolve("renamed.gguf"));
        String message = refusal(path);
        assertTrue(message.contains("renamed.gguf") && message.contains("-00002-of-00003.gguf"), message);
    }

    @Test
    void refusesAPartThatIsNotTheOneItsNameSays() {
        writeAll();
        part(2).write(name(folder, 3));
        String message = refusal(name(folder, 1));
        assertTrue(message.contains(name(folder, 3) + ": split.no is 1 but should be 2"), message);
    }

    @Test
    void refusesAPartWithoutSplitKeys() {
        writeAll();
        new GgufWriter().write(name(folder, 2));
        String message = refusal(name(folder, 1));
        assertTrue(message.contains(name(folder, 2) + ": split.count is missing"), message);
    }

    @Test
    void refusesTensorsThatDoNotAddUp() {
        writeAll();
        part(3).tensor("more", DType.I8, new byte[1], 1).write(name(folder, 3));
        String message = refusal(name(folder, 1));
        assertTrue(message.contains("4 tensors together but split.tensors.count says 3"), message);
    }

    @Test
    void refusesATensorThatTwoPartsHave() {
        writeAll();
        new GgufWriter()
                .u16("split.no", 2)
                .u16("split.count", 3)
                .tensor("t1", DType.I8, new byte[1], 1)
                .write(name(folder, 3));
        String message = refusal(name(folder, 1));
        assertTrue(message.contains("00003-of-00003.gguf: tensor 't1' occurs in another part"), message);
    }

    @Test
    void refusesADamagedPartByItsName() throws IOException {
        writeAll();
        Files.write(name(folder, 2), new byte[] {'G', 'G'});
        assertTrue(refusal(name(folder, 1)).contains(name(folder, 2).toString()));
    }

    @Test
    void refusesASplitCountOfTheWrongType() {
        Path path = new GgufWriter().string("split.count", "3").write(name(folder, 1));
        assertTrue(refusal(path).contains("split.count must be an integer"));
    }
}
