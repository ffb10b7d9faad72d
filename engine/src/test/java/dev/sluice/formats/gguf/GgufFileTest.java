package dev.sluice.formats.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.Metadata;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.tensor.BlockCodec;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufFileTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void readsEveryTypeOfValue(int version) {
        Path path = SmallModel.writer().version(version).write(folder.resolve("small.gguf"));
        try (GgufFile file = GgufFile.open(path)) {
            assertEquals(version, file.version());
            Metadata meta = file.metadata();
            assertEquals("tiny", meta.string("general.architecture"));
            assertEquals(200, meta.integer("u8"));
            assertEquals(-3, meta.integer("i8"));
            assertEquals(60_000, meta.integer("u16"));
            assertEquals(-300, meta.integer("i16"));
            assertEquals(4_000_000_000L, meta.longInteger("u32"));
            assertEquals(-70_000, meta.integer("i32"));
            assertEquals(1L << 40, meta.longInteger("u64"));
            assertEquals(new BigInteger("18446744073709551615"), meta.raw("u64 huge"));
            assertEquals(-(1L << 40), meta.longInteger("i64"));
            assertEquals(1.5f, meta.real("f32"));
            assertEquals(2.25f, meta.real("f64"));
            assertTrue(meta.flag("yes", false));
            assertFalse(meta.flag("no", true));
            assertEquals("snow ☃ and 🙂", meta.string("text"));
            assertArrayEquals(new String[] {"a", "", "ü🙂"}, meta.strings("words"));
            assertArrayEquals(new int[] {1, -2, 3}, meta.integers("numbers"));
            assertArrayEquals(new float[] {0.5f, -1}, meta.reals("reals"));
            assertArrayEquals(new boolean[] {true, false}, meta.flags("flags"));
            assertArrayEquals(new float[] {0.125f}, meta.reals("doubles"));
            assertArrayEquals(new int[] {255, 1}, meta.integers("bytes"));
            assertEquals(0, meta.length("empty"));
            Object[] nested = (Object[]) meta.raw("nested");
            assertArrayEquals(new long[] {7, 8}, (long[]) nested[0]);
            assertArrayEquals(new String[] {"x"}, (String[]) nested[1]);
        }
    }

    @Test
    void givesTensorsAsViewsInFileOrder() throws IOException {
        Path path = SmallModel.writer().write(folder.resolve("small.gguf"));
        try (ModelSource file = ModelFiles.open(path)) {
            assertEquals(path.toString(), file.description());
            assertEquals(Files.size(path), file.fileBytes());
            assertEquals(
                    List.of("half", SmallModel.MATRIX.name(), "cube"),
                    List.copyOf(file.tensors().keySet()));
            assertArrayEquals(new float[] {1, -2}, BlockCodec.floats(file.tensor("half")));
            assertEquals(Shape.of(64, 3), file.tensor(SmallModel.MATRIX.name()).shape());
            assertEquals(
                    -1,
                    SmallModel.MATRIX
                            .data()
                            .mismatch(file.tensor(SmallModel.MATRIX.name()).data()));
            assertEquals(Shape.of(2, 3, 2), file.tensor("cube").shape());
            assertTrue(file.tensor("cube").data().isMapped());
            assertTrue(file.tensor("cube").data().isReadOnly());
            assertTrue(file.find("none").isEmpty());
            assertThrows(
                    UnsupportedOperationException.class, () -> file.tensors().clear());
        }
    }

    @Test
    void namesTheFileAndTheTensorThatIsMissing() {
        Path path = SmallModel.writer().write(folder.resolve("small.gguf"));
        try (ModelSource file = ModelFiles.open(path)) {
            String message = assertThrows(SluiceException.class, () -> file.tensor("output.weight"))
                    .toString();
            assertTrue(message.contains("small.gguf") && message.contains("'output.weight'"), message);
        }
    }

    @Test
    void honoursTheAlignmentKey() {
        Path path = new GgufWriter()
                .alignment(256)
                .tensor("a", DType.I8, new byte[] {1}, 1)
                .tensor("b", DType.I8, new byte[] {2}, 1)
                .write(folder.resolve("aligned.gguf"));
        try (ModelSource file = ModelFiles.open(path)) {
            assertEquals(1, file.tensor("a").data().get(ValueLayout.JAVA_BYTE, 0));
            assertEquals(2, file.tensor("b").data().get(ValueLayout.JAVA_BYTE, 0));
            assertEquals(
                    256,
                    file.tensor("b").data().address() - file.tensor("a").data().address());
        }
    }

    @Test
    void acceptsAVocabularyWithoutTensors() {
        Path path = new GgufWriter().strings("tokenizer.ggml.tokens", "a").write(folder.resolve("vocab.gguf"));
        try (ModelSource file = ModelFiles.open(path)) {
            assertTrue(file.tensors().isEmpty());
        }
    }

    @Test
    void readsTensorsBeyondTwoGibibytes() throws IOException {
        long filler = 2100L << 20;
        Path path = folder.resolve("large.gguf");
        byte[] head = new GgufWriter()
                .rawTensor("filler", DType.I8.id(), 0, 1 << 20, 2100)
                .rawTensor("far", DType.F32.id(), filler, 2)
                .bytes();
        try (FileChannel out = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            out.write(ByteBuffer.wrap(head), 0);
            out.write(ByteBuffer.wrap(new LittleEndian().f32(3.5f).f32(-7).toBytes()), head.length + filler);
        }
        try (ModelSource file = ModelFiles.open(path)) {
            assertEquals(filler, file.tensor("filler").data().byteSize());
            assertEquals(0, file.tensor("filler").data().get(ValueLayout.JAVA_BYTE, filler - 1));
            assertArrayEquals(new float[] {3.5f, -7}, BlockCodec.floats(file.tensor("far")));
        }
    }

    @Test
    void closesTwiceWithoutHarmAndInvalidatesTheViews() {
        Path path = SmallModel.writer().write(folder.resolve("small.gguf"));
        ModelSource file = ModelFiles.open(path);
        var data = file.tensor("cube").data();
        file.close();
        file.close();
        assertFalse(data.scope().isAlive());
        assertThrows(IllegalStateException.class, () -> data.get(ValueLayout.JAVA_BYTE, 0));
    }

    @Test
    void unmapsAFileThatIsRefused() throws IOException {
        Path path = new GgufWriter().claimKeys(1000).write(folder.resolve("refused.gguf"));
        for (int i = 0; i < 50; i++) {
            assertThrows(SluiceException.class, () -> ModelFiles.open(path));
        }
        Path maps = Path.of("/proc/self/maps");
        if (Files.isReadable(maps)) {
            assertFalse(Files.readString(maps).contains("refused.gguf"));
        }
    }
}
