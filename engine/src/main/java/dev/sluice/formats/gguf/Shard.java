package dev.sluice.formats.gguf;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.MappedFile;
import dev.sluice.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * One GGUF file, parsed and checked; owns its mapping. A whole model, or one of several that make it up.
 *
 * @param values the metadata, typed as {@link dev.sluice.formats.Metadata} wants them
 */
record Shard(MappedFile file, int version, Map<String, Object> values, List<Tensor> tensors) implements AutoCloseable {
    private static final int MAGIC = 0x46554747; // "GGUF", read as a little-endian number

    static Shard open(Path path) {
        MappedFile file = MappedFile.open(path);
        try {
            return parse(file);
        } catch (Throwable e) {
            file.close();
            throw e;
        }
    }

    private static Shard parse(MappedFile file) {
        String source = file.path().toString();
        Cursor in = new Cursor(file.bytes(), source, 0);
        if (in.remaining() < Integer.BYTES || in.i32("the magic number") != MAGIC) {
            throw new SluiceException(source + ": is not a GGUF file (" + ForeignFormat.describe(file.bytes()) + ")");
        }
        int version = in.i32("the version");
        checkVersion(source, version);
        long tensorCount = in.count(TensorTable.MIN_BYTES, "the number of tensors");
        long keyCount = in.count(GgufMetadata.MIN_BYTES, "the number of metadata keys");
        Map<String, Object> values = GgufMetadata.read(in, keyCount);
        int alignment = GgufMetadata.alignment(in, values);
        return new Shard(file, version, values, TensorTable.read(in, tensorCount, alignment));
    }

    private static void checkVersion(String source, int version) {
        if (version == 2 || version == 3) {
            return;
        }
        int swapped = Integer.reverseBytes(version);
        if (swapped >= 1 && swapped <= 3) {
            throw new SluiceException(source + ": is a big-endian GGUF file; convert it to little-endian");
        }
        throw new SluiceException("%s: GGUF version %s is not supported, only 2 and 3 are; convert the model again"
                .formatted(source, Integer.toUnsignedString(version)));
    }

    @Override
    public void close() {
        file.close();
    }
}
