package dev.sluice.measure;

import dev.sluice.error.SluiceException;
import dev.sluice.system.DirectReads;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How fast a model's file is read, in bytes per second.
 *
 * @param direct past the system's page cache, as a file is read that does not fit into memory (what caches lie below, in the
 *     disk or in the host of a virtual machine, nobody can tell); empty where the file system has no direct reads
 * @param cached out of the page cache
 */
public record DiskRates(OptionalDouble direct, double cached) {
    private static final long MOST_BYTES = 256L << 20;
    private static final int PIECE = 8 << 20;

    /**
     * Reads the beginning of a file, up to a quarter of a GB, two or three times.
     *
     * @return empty if the file is too small to tell
     * @throws SluiceException if the file cannot be read
     */
    public static Optional<DiskRates> of(Path file) {
        try (Arena arena = Arena.ofConfined()) {
            long block = Files.getFileStore(file).getBlockSize();
            ByteBuffer buffer = arena.allocate(PIECE, block).asByteBuffer();
            long bytes = Math.min(MOST_BYTES, Files.size(file)) / PIECE * PIECE;
            if (bytes == 0) {
                return Optional.empty();
            }
            OptionalDouble direct = direct(file, buffer, bytes);
            cached(file, buffer, bytes); // into the page cache
            return Optional.of(new DiskRates(direct, cached(file, buffer, bytes)));
        } catch (IOException e) {
            throw new SluiceException(file + ": its disk cannot be measured: " + e, e);
        }
    }

    private static OptionalDouble direct(Path file, ByteBuffer buffer, long bytes) {
        try (FileChannel channel = DirectReads.open(file).orElse(null)) {
            return channel == null ? OptionalDouble.empty() : OptionalDouble.of(rate(channel, buffer, bytes));
        } catch (IOException e) {
            return OptionalDouble.empty(); // some file systems refuse only when they read: the profile has none
        }
    }

    private static double cached(Path file, ByteBuffer buffer, long bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return rate(channel, buffer, bytes);
        }
    }

    private static double rate(FileChannel channel, ByteBuffer buffer, long bytes) throws IOException {
        long started = System.nanoTime();
        for (long read = 0; read < bytes; ) {
            buffer.clear().limit((int) Math.min(PIECE, bytes - read));
            int count = channel.read(buffer);
            if (count < 0) {
                throw new IOException("it became shorter while it was read");
            }
            read += count;
        }
        return bytes * 1e9 / Math.max(1, System.nanoTime() - started);
    }
}
