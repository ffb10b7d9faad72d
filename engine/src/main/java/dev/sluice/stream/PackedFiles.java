package dev.sluice.stream;

import dev.sluice.backend.StreamedLayer;
import dev.sluice.error.SluiceException;
import dev.sluice.system.DirectReads;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Images of layers in files, one each, so that they can be read from disk as a device wants them, without being packed anew
 * for every step. A file appears under its name only when it is complete; those of other plans for the same model are used
 * again.
 */
final class PackedFiles implements AutoCloseable {
    /** What files are long in: a multiple of the blocks of all usual file systems, which direct reads come in. */
    private static final long BLOCK = 4096;

    private final List<FileChannel> files = new ArrayList<>();
    private final Path folder;
    private final boolean direct;
    /** Whether a file that was to be read directly is not. */
    private boolean cached;

    /**
     * No files yet.
     *
     * @param folder for this model alone: its files are taken for those of the same layers
     * @param direct whether to read past the page cache, where that goes
     */
    PackedFiles(Path folder, boolean direct) {
        this.folder = folder;
        this.direct = direct;
    }

    /** Bytes of memory that reading an image takes. */
    static long roomFor(long imageBytes) {
        return Math.ceilDiv(imageBytes, BLOCK) * BLOCK;
    }

    /**
     * Opens a layer's file, which is written first if it is not there.
     *
     * @param room memory for the image, as much as {@link #roomFor} says
     * @throws SluiceException if the disk has no room for it
     */
    void add(StreamedLayer layer, ReadRoom room) {
        long bytes = roomFor(layer.imageBytes());
        Path file = folder.resolve(
                layer.layer().name().replaceAll("[^A-Za-z0-9]+", "-") + "." + layer.imageLayout() + ".packed");
        try {
            if (!Files.isRegularFile(file) || Files.size(file) != bytes) {
                write(layer, file, room, bytes);
            }
            files.add(open(file, room.memory()));
        } catch (IOException e) {
            throw new SluiceException(
                    "The packed weights of " + layer.layer().name() + " cannot be kept in " + file + ": " + e
                            + ". Free space there, or set SLUICE_CACHE_DIR to another folder",
                    e);
        }
    }

    private FileChannel open(Path file, MemorySegment room) throws IOException {
        Optional<FileChannel> channel =
                direct && room.address() % BLOCK == 0 ? DirectReads.open(file) : Optional.empty();
        if (channel.isPresent()) {
            return channel.get();
        }
        cached = true;
        return FileChannel.open(file, StandardOpenOption.READ);
    }

    /** Whether all files are read past the page cache. */
    boolean direct() {
        return direct && !cached;
    }

    private void write(StreamedLayer layer, Path file, ReadRoom room, long bytes) throws IOException {
        Files.createDirectories(folder);
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free < bytes) {
            throw new IOException(String.format(
                    Locale.ROOT,
                    "%.1f MiB are needed, %.1f MiB are free",
                    bytes / (1024.0 * 1024.0),
                    free / (1024.0 * 1024.0)));
        }
        layer.pack(room.memory().asSlice(0, bytes));
        Path partial = Files.createTempFile(folder, "packing", ".partial");
        try {
            try (FileChannel channel = FileChannel.open(partial, StandardOpenOption.WRITE)) {
                for (long at = 0; at < bytes; ) {
                    at += channel.write(room.piece(at, bytes), at);
                }
            }
            Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    /**
     * Reads an image.
     *
     * @param index of the layer, in the order in which they were added
     * @param room at least as long as {@link #roomFor} says
     */
    void read(int index, ReadRoom room, long imageBytes) throws IOException {
        long bytes = roomFor(imageBytes);
        for (long at = 0; at < bytes; ) {
            int count = files.get(index).read(room.piece(at, bytes), at);
            if (count < 0) {
                throw new IOException("it ends at " + at + " of " + bytes + " bytes");
            }
            at += count;
        }
    }

    Path folder() {
        return folder;
    }

    @Override
    public void close() {
        for (FileChannel file : files) {
            try {
                file.close();
            } catch (IOException e) {
                throw new IllegalStateException("a file that was read cannot be closed", e);
            }
        }
        files.clear();
    }
}
