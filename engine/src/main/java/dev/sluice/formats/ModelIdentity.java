package dev.sluice.formats;

import dev.sluice.error.SluiceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Tells model files apart, for what is kept about them from run to run. */
public final class ModelIdentity {
    private ModelIdentity() {}

    /**
     * In letters and digits; another file, or the same when it has been changed, has another.
     *
     * @throws SluiceException if the file is not there any more
     */
    public static String of(ModelSource source) {
        Path file = Path.of(source.description()).toAbsolutePath();
        try {
            String key = file + "\n" + source.fileBytes() + "\n"
                    + Files.getLastModifiedTime(file).toMillis();
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 12);
        } catch (IOException | NoSuchAlgorithmException e) {
            throw new SluiceException(file + " cannot be looked at any more: " + e, e);
        }
    }
}
