package dev.sluice.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.LoadOptions;
import dev.sluice.Model;
import dev.sluice.Sluice;
import dev.sluice.backend.KvType;
import dev.sluice.backend.Precision;
import dev.sluice.runtime.Batch;
import dev.sluice.runtime.Sequence;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Small models against another engine's results, several sequences in each step: they read the same prompt in pieces of
 * different sizes, and each begins to generate while others still read.
 */
class BatchConformanceTest {
    private static final int[] PIECES = {1, 3, 17};

    /** One sequence on its way through the reference's prompt and its continuation. */
    private static final class Reader implements AutoCloseable {
        private final Sequence sequence;
        private final Reference reference;
        private final int piece;
        private final float[][] logits;
        private final int[] greedy;
        private int generated;

        Reader(Model model, Batch batch, Reference reference, int piece) {
            this.sequence = model.newSequence(batch);
            this.reference = reference;
            this.piece = piece;
            logits = new float[reference.tokens().length][model.graph().vocabulary()];
            greedy = new int[reference.greedy().length];
        }

        boolean done() {
            return generated == greedy.length;
        }

        /** Its next tokens. */
        int add(Batch batch) {
            int read = sequence.position();
            if (generated > 0) {
                return batch.add(sequence, greedy, generated - 1, 1, 1);
            }
            int count = Math.min(piece, logits.length - read);
            return batch.add(sequence, reference.tokens(), read, count, count);
        }

        /** What became of a part that began at a position. */
        void take(Batch batch, int part, int from) {
            for (int row = 0; from + row < Math.min(sequence.position(), logits.length); row++) {
                batch.logits(part, row, logits[from + row]);
            }
            if (sequence.position() >= logits.length) {
                greedy[generated++] = batch.bestToken(part);
            }
        }

        @Override
        public void close() {
            sequence.close();
        }
    }

    private static void check(String device, Path path, KvType type, double limit, boolean exactIds)
            throws IOException {
        Reference reference = Reference.of(path);
        LoadOptions options = LoadOptions.DEFAULT
                .withDevice(device)
                .withPrecision(Precision.EXACT)
                .withKvType(type);
        List<Reader> readers = new ArrayList<>();
        try (Model model = Sluice.load(path, options);
                Batch batch = model.newBatch(40)) {
            for (int piece : PIECES) {
                readers.add(new Reader(model, batch, reference, piece));
            }
            while (!readers.stream().allMatch(Reader::done)) {
                batch.clear();
                List<Reader> running = readers.stream().filter(r -> !r.done()).toList();
                List<Integer> from =
                        running.stream().map(r -> r.sequence.position()).toList();
                running.forEach(r -> r.add(batch));
                batch.run();
                for (int part = 0; part < running.size(); part++) {
                    running.get(part).take(batch, part, from.get(part));
                }
            }
            for (Reader reader : readers) {
                String what = path.getFileName() + " on " + device + " in pieces of " + reader.piece;
                double nmse = reference.nmse(reader.logits);
                assertTrue(nmse <= limit, what + ": NMSE " + nmse);
                if (exactIds) {
                    assertArrayEquals(reference.greedy(), reader.greedy, what);
                }
            }
        } finally {
            readers.forEach(Reader::close);
        }
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("dev.sluice.conformance.ConformanceTest#modelsOnDevices")
    void everySequenceOfABatchAgrees(String device, String name, Path path) throws IOException {
        check(device, path, KvType.F32, ConformanceTest.limit(device), true);
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("dev.sluice.conformance.ConformanceTest#formatsOnOpenCl")
    @Tag("slow")
    void everySequenceAgreesWithHalfPrecisionInEveryFormat(String device, String name, Path path) throws IOException {
        everySequenceAgreesWithHalfPrecisionKeysAndValues(device, name, path);
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("dev.sluice.conformance.ConformanceTest#modelsAndFormatsOfTheCpu")
    void everySequenceAgreesWithHalfPrecisionKeysAndValues(String device, String name, Path path) throws IOException {
        check(device, path, KvType.F16, ConformanceTest.F16_KV_LIMIT, false);
    }
}
