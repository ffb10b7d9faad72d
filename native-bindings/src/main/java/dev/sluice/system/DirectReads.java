package dev.sluice.system;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Files read past the system's page cache: for what is read once in so long that it would be gone from the cache before it is
 * wanted again, and would push out what is not. Offset, length and the address that is read to must be multiples of the file
 * system's block.
 */
public final class DirectReads {
    private static final @Nullable OpenOption DIRECT = find();

    private DirectReads() {}

    /** Opens a file for such reads; empty where system or file system (one in memory, say) have none. */
    public static Optional<FileChannel> open(Path file) {
        if (DIRECT == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(FileChannel.open(file, StandardOpenOption.READ, DIRECT));
        } catch (IOException | UnsupportedOperationException e) {
            return Optional.empty(); // whether the file can be read at all shows when it is opened as usual
        }
    }

    /** The JDK's own, which its compiler does not want to be named. */
    private static @Nullable OpenOption find() {
        try {
            for (Object option :
                    Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
                if (option instanceof OpenOption direct && direct.toString().equals("DIRECT")) {
                    return direct;
                }
            }
            return null;
        } catch (ClassNotFoundException e) {
            return null; // a run time without the module that has it
        }
    }
}
