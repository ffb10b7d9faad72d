package dev.sluice.formats.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A valid file damaged at random: it is either read in full or refused with a {@link SluiceException}. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DamagedFileTest {
    private static final int MUTATIONS = 2000;

    @TempDir
    Path folder;

    @Test
    void everyTruncationIsRefused() throws IOException {
        byte[] whole = SmallModel.writer().bytes();
        Path path = folder.resolve("cut.gguf");
        for (int length = 0; length < whole.length; length++) {
            Files.write(path, Arrays.copyOf(whole, length));
            SluiceException error = assertThrows(SluiceException.class, () -> ModelFiles.open(path));
            assertTrue(String.valueOf(error.getMessage()).contains("cut.gguf"), error.getMessage());
        }
        Files.write(path, whole);
        assertTrue(readsWhole(path));
    }

    @Test
    void anyMutationIsReadOrRefused() throws IOException {
        byte[] whole = SmallModel.writer().bytes();
        Random random = new Random(20260815);
        int refused = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            // A new name each time: a mapping in use must not change under its reader.
            Path path = folder.resolve("mutant" + i + ".gguf");
            Files.write(path, mutate(whole, random));
            refused += readsWhole(path) ? 0 : 1;
            Files.delete(path);
        }
        // Both ends have to be met, or the mutations test nothing.
        assertTrue(refused > MUTATIONS / 10 && refused < MUTATIONS, "refused " + refused);
    }

    private static byte[] mutate(byte[] whole, Random random) {
        byte[] mutant = whole.clone();
        int changes = 1 + random.nextInt(4);
        for (int c = 0; c < changes; c++) {
            int at = random.nextInt(mutant.length);
            switch (random.nextInt(4)) {
                case 0 -> mutant[at] = (byte) random.nextInt();
                case 1 -> mutant[at] ^= (byte) (1 << random.nextInt(8));
                case 2 ->
                    Arrays.fill(mutant, at, Math.min(mutant.length, at + 8), (byte) (random.nextBoolean() ? 255 : 127));
                default -> {
                    int from = random.nextInt(mutant.length);
                    int length = Math.min(16, mutant.length - Math.max(at, from));
                    System.arraycopy(whole, from, mutant, at, length);
                }
            }
        }
        return random.nextInt(8) == 0 ? Arrays.copyOf(mutant, random.nextInt(mutant.length)) : mutant;
    }

    /** Reads every value and tensor; false if the file, or a value in it, is refused. */
    private static boolean readsWhole(Path path) {
        try (ModelSource model = ModelFiles.open(path)) {
            for (String key : model.metadata().keys()) {
                model.metadata().raw(key);
            }
            for (Tensor tensor : model.tensors().values()) {
                long last = tensor.data().byteSize() - 1;
                tensor.data().get(ValueLayout.JAVA_BYTE, last);
                assertEquals(tensor.type().bytes(tensor.shape().elements()), last + 1);
            }
            return true;
        } catch (SluiceException e) {
            assertTrue(
                    String.valueOf(e.getMessage()).contains(path.getFileName().toString()), e.getMessage());
            return false;
        }
    }
}
