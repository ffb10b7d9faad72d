package dev.sluice.benches;

import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How many megabytes (10^6 bytes) of text a second one thread encodes and decodes: the column {@code :megabytes}.
 *
 * <pre>{@code
 * ./mvnw -q -pl benches -am package -DskipTests
 * java -cp 'benches/target/lib/*:benches/target/classes' org.openjdk.jmh.Main TokenizerBench
 * java -cp 'benches/target/lib/*:benches/target/classes' org.openjdk.jmh.Main TokenizerBench \
 *     -p vocabulary=model.gguf -p text=book.txt
 * }</pre>
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@State(Scope.Benchmark)
public class TokenizerBench {
    /** GGUF files, with weights or without, compressed or not. */
    @Param({
        "engine/src/test/resources/dev/sluice/tokenizer/gpt-2.gguf.gz",
        "engine/src/test/resources/dev/sluice/tokenizer/smollm2.gguf.gz",
        "engine/src/test/resources/dev/sluice/tokenizer/falcon.gguf.gz",
        "engine/src/test/resources/dev/sluice/tokenizer/phi-3.gguf.gz"
    })
    public String vocabulary = "";

    /** English text in UTF-8. */
    @Param("LICENSE")
    public String text = "";

    private String content = "";
    private double megabytes;
    private int[] ids = {};

    @SuppressWarnings("NullAway.Init") // by load()
    private Tokenizer tokenizer;

    /** Reads the vocabulary and the text. */
    @Setup
    public void load() throws IOException {
        tokenizer = open(Path.of(vocabulary));
        content = Files.readString(Path.of(text));
        megabytes = Files.size(Path.of(text)) / 1e6;
        ids = tokenizer.encode(content, false);
    }

    /** Encodes the text again and again: words are mostly found in the cache. */
    @Benchmark
    public int[] encode(Volume volume) {
        volume.megabytes += megabytes;
        return tokenizer.encode(content, false);
    }

    /** Decodes the text's ids. */
    @Benchmark
    public String decode(Volume volume) {
        volume.megabytes += megabytes;
        return tokenizer.decode(ids);
    }

    /** Encodes the text with a tokenizer that has seen none: each word is merged once. */
    @Benchmark
    public int[] encodeFirst(Volume volume, Fresh fresh) {
        volume.megabytes += megabytes;
        return fresh.tokenizer.encode(content, false);
    }

    private static Tokenizer open(Path path) throws IOException {
        if (!path.toString().endsWith(".gz")) {
            try (ModelSource model = ModelFiles.open(path)) {
                return Tokenizer.of(model.metadata());
            }
        }
        Path unpacked = Files.createTempFile("vocabulary", ".gguf");
        try (InputStream in = new GZIPInputStream(Files.newInputStream(path))) {
            Files.copy(in, unpacked, StandardCopyOption.REPLACE_EXISTING);
            return open(unpacked);
        } finally {
            Files.delete(unpacked);
        }
    }

    /** A tokenizer whose cache is empty. */
    @State(Scope.Thread)
    public static class Fresh {
        @SuppressWarnings("NullAway.Init") // by load()
        private Tokenizer tokenizer;

        /** Loads the vocabulary anew; a call takes a millisecond and more, so this may happen before each. */
        @Setup(Level.Invocation)
        public void load(TokenizerBench bench) throws IOException {
            tokenizer = open(Path.of(bench.vocabulary));
        }
    }

    /** Counts what was encoded. */
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    @State(Scope.Thread)
    public static class Volume {
        /** Megabytes of text. */
        public double megabytes;

        /** Begins an iteration. */
        @Setup(Level.Iteration)
        public void clear() {
            megabytes = 0;
        }
    }
}
