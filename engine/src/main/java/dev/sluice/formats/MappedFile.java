package dev.sluice.formats;

import dev.sluice.error.SluiceException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One regular, non-empty file mapped for reading by any thread; owns the mapping. */
public final class MappedFile implements AutoCloseable {
    private final Path path;
    private final Arena arena;
    private final MemorySegment bytes;
    private final AtomicBoolean closed = new AtomicBoolean();

    private MappedFile(Path path, Arena arena, MemorySegment bytes) {
        this.path = path;
        this.arena = arena;
        this.bytes = bytes;
    }

    /**
     * Maps the whole file.
     *
     * @throws SluiceException if it is missing, a directory, not a regular file, empty or not readable
     */
    public static MappedFile open(Path path) {
        requireRegular(path);
        // The arena outlives this method on success only, so it cannot be a try-with-resources variable.
        Arena arena = Arena.ofShared();
        boolean mapped = false;
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size == 0) {
                throw new SluiceException(path + ": the file is empty; download or convert the model again");
            }
            MappedFile file = new MappedFile(path, arena, channel.map(MapMode.READ_ONLY, 0, size, arena));
            mapped = true;
            return file;
        } catch (NoSuchFileException e) {
            throw missing(path, e);
        } catch (AccessDeniedException e) {
            throw new SluiceException(path + ": no permission to read the file; change its permissions", e);
        } catch (IOException e) {
            throw new SluiceException(path + ": cannot be mapped into memory: " + e.getMessage(), e);
        } finally {
            if (!mapped) {
                arena.close();
            }
        }
    }

    /** Refuses what would block or mislead when opened: opening a named pipe would wait for ever. */
    private static void requireRegular(Path path) {
        if (Files.isDirectory(path)) {
            throw new SluiceException(path + ": is a directory; name the model file inside it");
        }
        if (Files.notExists(path)) {
            throw missing(path, null);
        }
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new SluiceException(path + ": is not a regular file; name a model file");
        }
    }

    private static SluiceException missing(Path path, @Nullable Throwable cause) {
        String message = path + ": no such file; check the path";
        return cause == null ? new SluiceException(message) : new SluiceException(message, cause);
    }

    /** Where the file lies. */
    public Path path() {
        return path;
    }

    /** All bytes of the file, valid until {@link #close()}. */
    public MemorySegment bytes() {
        return bytes;
    }

    /** Unmaps the file; a second call does nothing. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            arena.close();
        }
    }
}
