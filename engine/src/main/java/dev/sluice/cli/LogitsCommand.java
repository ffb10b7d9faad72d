package dev.sluice.cli;

import dev.sluice.Model;
import dev.sluice.error.SluiceException;
import dev.sluice.runtime.Sequence;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice logits}: the logits of every position, for comparing engines. */
@Command(
        name = "logits",
        sortOptions = false,
        description = {
            "Evaluates token ids and writes the logits of every position.",
            "The file holds 32-bit floats, little-endian, [tokens][vocabulary].",
            ""
        },
        footer = {"", "Example:", "  sluice logits --model model.gguf --tokens 1,15043,29892 --out logits.bin"})
final class LogitsCommand implements Callable<Integer> {
    /** Logits kept on the device at a time: a step is cut so that they stay below this. */
    private static final long MOST_LOGITS = 16L << 20;

    private final Streams streams;

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(
            names = "--tokens",
            required = true,
            paramLabel = "IDS",
            converter = TokenIds.Converter.class,
            description = "Token ids, 1,2,3; taken as they are.")
    private TokenIds tokens = new TokenIds.Converter().convert("0");

    @Option(
            names = {"-o", "--out"},
            required = true,
            paramLabel = "FILE",
            description = "Where to write.")
    private Path out = Path.of("");

    @Mixin
    private final CommonOptions common = new CommonOptions();

    LogitsCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        int[] ids = tokens.toArray();
        int context = model.context() > 0 ? model.context() : ids.length;
        try (Tracing _ = model.trace();
                Model loaded = model.load(streams, common, context)) {
            evaluate(loaded, ids);
        } catch (FileSystemException e) {
            throw e; // names the file itself
        } catch (IOException e) {
            throw new SluiceException(out + " could not be written: " + e.getMessage(), e);
        }
        return 0;
    }

    private void evaluate(Model loaded, int[] ids) throws IOException {
        int vocabulary = loaded.graph().vocabulary();
        int rows = Math.clamp(MOST_LOGITS / vocabulary, 1, Math.min(loaded.batchTokens(), ids.length));
        boolean complete = false;
        try (Sequence sequence = loaded.newSequence(rows);
                OutputStream file = new BufferedOutputStream(Files.newOutputStream(out), 1 << 20)) {
            float[] logits = new float[vocabulary];
            ByteBuffer bytes = ByteBuffer.allocate(4 * vocabulary).order(ByteOrder.LITTLE_ENDIAN);
            for (int from = 0; from < ids.length; from += rows) {
                int count = Math.min(rows, ids.length - from);
                sequence.append(ids, from, count, count);
                for (int row = 0; row < count; row++) {
                    sequence.logits(row, logits);
                    bytes.asFloatBuffer().put(logits);
                    file.write(bytes.array());
                }
            }
            complete = true;
        } finally {
            if (!complete && Files.isRegularFile(out)) {
                Files.delete(out); // half a result would pass for a whole one
            }
        }
    }
}
