package dev.sluice.formats;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.error.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class MappedFileTest {
    @TempDir
    Path folder;

    private static void assertRefused(Path path, String fault) {
        SluiceException error = assertThrows(SluiceException.class, () -> ModelFiles.open(path));
        String message = String.valueOf(error.getMessage());
        assertTrue(message.startsWith(path + ": "), message);
        assertTrue(message.contains(fault), message);
    }

    @Test
    void refusesAMissingFile() {
        assertRefused(folder.resolve("none.gguf"), "no such file");
    }

    @Test
    void refusesADirectory() {
        assertRefused(folder, "is a directory");
    }

    @Test
    void refusesAnEmptyFile() throws IOException {
        assertRefused(Files.createFile(folder.resolve("empty.gguf")), "is empty");
    }

    @Test
    void refusesALinkToNowhere() throws IOException {
        Path link = folder.resolve("link.gguf");
        try {
            Files.createSymbolicLink(link, folder.resolve("gone"));
        } catch (UnsupportedOperationException | IOException e) {
            assumeTrue(false, "no symbolic links here: " + e);
        }
        assertRefused(link, "no such file");
    }

    @Test
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void refusesANamedPipeWithoutWaitingForAWriter() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/mkfifo")), "no mkfifo here");
        Path pipe = folder.resolve("pipe.gguf");
        Process process = new ProcessBuilder("/usr/bin/mkfifo", pipe.toString()).start();
        assumeTrue(process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0, "mkfifo failed");
        assertRefused(pipe, "not a regular file");
    }

    @Test
    void refusesAFileWithoutReadPermission() throws IOException {
        Path path = Files.write(folder.resolve("secret.gguf"), new byte[64]);
        assumeTrue(path.getFileSystem().supportedFileAttributeViews().contains("posix"), "no POSIX permissions here");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("---------"));
        assumeTrue(!Files.isReadable(path), "this user reads everything");
        assertRefused(path, "no permission to read");
    }
}
