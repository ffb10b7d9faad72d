package dev.sluice.backend.opencl;

import dev.sluice.backend.CacheFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compiled programs on disk, one file each, named by the hash of everything that the binary depends on. A file is
 * {@code SLPC}, the SHA-256 of the binary, the binary; one that does not match is ignored and written anew, so that no
 * damaged binary reaches a driver. Without a place to write, programs are compiled at every start and one line says so.
 */
final class ProgramCache {
    private static final Logger LOG = LoggerFactory.getLogger(ProgramCache.class);
    private static final byte[] MAGIC = "SLPC".getBytes(StandardCharsets.US_ASCII);
    private static final int HASH_BYTES = 32;

    /** Part of every key: raise it when the form of the files changes. */
    private static final String FORMAT_VERSION = "1";

    private final Path folder;
    private final AtomicBoolean warned = new AtomicBoolean();

    ProgramCache(Path folder) {
        this.folder = folder;
    }

    /** The cache {@code programs} in the {@linkplain CacheFolder user's folder}. */
    static ProgramCache ofUser() {
        return new ProgramCache(CacheFolder.ofUser().resolve("programs"));
    }

    /** The name of a program's file from all that decides about its binary. */
    static String key(String... parts) {
        MessageDigest digest = sha256();
        digest.update(FORMAT_VERSION.getBytes(StandardCharsets.UTF_8));
        for (String part : parts) {
            digest.update((byte) 0);
            digest.update(part.getBytes(StandardCharsets.UTF_8));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** The binary kept under a key, if there is one and it is whole. */
    Optional<byte[]> load(String key) {
        byte[] file;
        try {
            file = Files.readAllBytes(folder.resolve(key));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            warn("read", e);
            return Optional.empty();
        }
        int head = MAGIC.length + HASH_BYTES;
        if (file.length <= head || !Arrays.equals(file, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            return Optional.empty();
        }
        byte[] binary = Arrays.copyOfRange(file, head, file.length);
        byte[] hash = sha256().digest(binary);
        return Arrays.equals(file, MAGIC.length, head, hash, 0, HASH_BYTES) ? Optional.of(binary) : Optional.empty();
    }

    /** Keeps a binary; other processes see either the whole file or none. */
    void store(String key, byte[] binary) {
        Path temporary = null;
        try {
            Files.createDirectories(folder);
            temporary = Files.createTempFile(folder, "new-", ".tmp");
            ByteBuffer file = ByteBuffer.allocate(MAGIC.length + HASH_BYTES + binary.length);
            file.put(MAGIC).put(sha256().digest(binary)).put(binary);
            Files.write(temporary, file.array());
            move(temporary, folder.resolve(key));
        } catch (IOException e) {
            warn("write", e);
            discard(temporary);
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void discard(@org.jspecify.annotations.Nullable Path temporary) {
        if (temporary != null) {
            try {
                Files.deleteIfExists(temporary);
            } catch (IOException e) {
                LOG.debug("The unfinished file {} stays behind", temporary, e);
            }
        }
    }

    private void warn(String what, IOException cause) {
        if (warned.compareAndSet(false, true)) {
            LOG.warn(
                    "Cannot {} compiled OpenCL programs in {} ({}), so they are compiled at every start: "
                            + "set SLUICE_CACHE_DIR to a folder with room that you may write to",
                    what,
                    folder,
                    cause.toString());
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
