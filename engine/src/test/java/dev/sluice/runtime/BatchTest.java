package dev.sluice.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.KvType;
import dev.sluice.backend.cpu.CpuBackend;
import dev.sluice.error.SluiceException;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.model.ModelFamilies;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchTest {
    private static final int TOKENS = 40;
    private static final int CAPACITY = 50;
    /** Prompts of different lengths, so that sequences of one step are at different positions. */
    private static final int[] PROMPTS = {1, 3, 17, 9, 1};

    private static final int GENERATED = 6;

    /** A tiny model on the CPU. */
    private static final class Tiny implements AutoCloseable {
        final ModelSource source;
        final Device device;
        final Executor executor;

        Tiny(String name, boolean scalar) {
            URL url = Objects.requireNonNull(BatchTest.class.getResource("/conformance/" + name + ".gguf"));
            try {
                source = ModelFiles.open(Path.of(url.toURI()));
            } catch (URISyntaxException e) {
                throw new AssertionError(e);
            }
            CpuBackend backend = new CpuBackend();
            DeviceOptions options = new DeviceOptions(2, TOKENS);
            device = scalar
                    ? backend.openScalar(options)
                    : backend.open(backend.discover().devices().getFirst(), options);
            executor = new Executor(ModelFamilies.lower(source), device, TOKENS, Progress.NONE);
        }

        int vocabulary() {
            return executor.graph().vocabulary();
        }

        @Override
        public void close() {
            executor.close();
            device.close();
            source.close();
        }
    }

    /** What a sequence generated, and the logits of each step. */
    private static final class Text {
        final int[] ids = new int[GENERATED];
        final float[][] logits;

        Text(Tiny tiny) {
            logits = new float[GENERATED][tiny.vocabulary()];
        }
    }

    private static int[] prompt(Tiny tiny, int sequence) {
        return new Random(sequence)
                .ints(PROMPTS[sequence], 0, tiny.vocabulary())
                .toArray();
    }

    private static Text alone(Tiny tiny, KvType type, int sequence) {
        Text text = new Text(tiny);
        try (Sequence alone = tiny.executor.newSequence(CAPACITY, type, 1)) {
            int[] next = prompt(tiny, sequence);
            for (int i = 0; i < GENERATED; i++) {
                alone.append(next, 0, next.length, 1);
                alone.logits(0, text.logits[i]);
                text.ids[i] = alone.bestToken();
                next = new int[] {text.ids[i]};
            }
        }
        return text;
    }

    private static List<Text> together(Tiny tiny, KvType type, int... sequences) {
        List<Text> texts = new ArrayList<>();
        List<Sequence> open = new ArrayList<>();
        try (Batch batch = tiny.executor.newBatch(sequences.length)) {
            List<int[]> next = new ArrayList<>();
            for (int s : sequences) {
                open.add(tiny.executor.newSequence(CAPACITY, type, batch));
                texts.add(new Text(tiny));
                next.add(prompt(tiny, s));
            }
            for (int i = 0; i < GENERATED; i++) {
                batch.clear();
                for (int s = 0; s < open.size(); s++) {
                    assertEquals(s, batch.add(open.get(s), next.get(s), 0, next.get(s).length, 1));
                }
                assertEquals(open.size(), batch.parts());
                batch.run();
                for (int s = 0; s < open.size(); s++) {
                    batch.logits(s, 0, texts.get(s).logits[i]);
                    texts.get(s).ids[i] = batch.bestToken(s);
                    next.set(s, new int[] {texts.get(s).ids[i]});
                }
            }
            for (int s = 0; s < open.size(); s++) {
                assertEquals(PROMPTS[sequences[s]] + GENERATED - 1, open.get(s).position());
            }
        } finally {
            open.forEach(Sequence::close);
        }
        return texts;
    }

    @ParameterizedTest(name = "{0}, scalar {1}, {2}")
    @CsvSource({
        "models/llama3-gqa, true, F32",
        "models/gemma3, true, F16",
        "models/llama3-gqa, false, F16",
        "models/gemma3, false, F32",
        "quants/q4_k_m, false, F32",
        "quants/q8_0, false, F16",
    })
    void aSequenceGetsInCompanyWhatItGetsAlone(String model, boolean scalar, KvType type) {
        try (Tiny tiny = new Tiny(model, scalar)) {
            List<Text> together = together(tiny, type, 0, 1, 2, 3, 4);
            for (int s = 0; s < PROMPTS.length; s++) {
                Text alone = alone(tiny, type, s);
                assertArrayEquals(alone.ids, together.get(s).ids, "sequence " + s);
                for (int i = 0; i < GENERATED; i++) {
                    if (scalar) {
                        assertArrayEquals(alone.logits[i], together.get(s).logits[i], "sequence " + s);
                    } else {
                        assertClose(alone.logits[i], together.get(s).logits[i], "sequence " + s + ", step " + i);
                    }
                }
            }
        }
    }

    /** The limits of docs/PRECISION.md for another order of f32 arithmetic, f16 rounding of the activations included. */
    private static void assertClose(float[] expected, float[] actual, String what) {
        double error = 0;
        double power = 0;
        for (int i = 0; i < expected.length; i++) {
            error += Math.pow((double) actual[i] - expected[i], 2);
            power += Math.pow(expected[i], 2);
        }
        assertTrue(error / power <= 1e-6, what + ": NMSE " + error / power);
    }

    @Test
    void batchesOfSeveralThreadsDoNotDisturbEachOther() throws Exception {
        try (Tiny tiny = new Tiny("models/llama3-gqa", false);
                ExecutorService threads = Executors.newFixedThreadPool(3)) {
            List<Callable<List<Text>>> work = List.of(
                    () -> together(tiny, KvType.F32, 0, 1),
                    () -> together(tiny, KvType.F32, 2, 3, 4),
                    () -> List.of(alone(tiny, KvType.F32, 2)));
            List<Text> all = new ArrayList<>();
            for (Future<List<Text>> done : threads.invokeAll(work)) {
                all.addAll(done.get());
            }
            for (int i = 0; i < all.size(); i++) {
                int s = i < PROMPTS.length ? i : 2;
                assertArrayEquals(alone(tiny, KvType.F32, s).ids, all.get(i).ids, "sequence " + s);
            }
        }
    }

    @Test
    void whatCannotBeAddedLeavesTheBatchAndTheSequencesAsTheyWere() {
        try (Tiny tiny = new Tiny("models/llama3-gqa", true);
                Tiny other = new Tiny("models/llama3-gqa", true);
                Batch batch = tiny.executor.newBatch(4);
                Batch foreign = other.executor.newBatch(1);
                Sequence first = tiny.executor.newSequence(CAPACITY, KvType.F32, batch);
                Sequence second = tiny.executor.newSequence(8, KvType.F32, 2);
                Sequence stranger = other.executor.newSequence(8, KvType.F32, 1)) {
            int[] ids = prompt(tiny, 2);
            second.append(ids, 0, 5, 1);
            float[] expected = new float[tiny.vocabulary()];
            second.append(ids, 5, 2, 1);
            second.logits(0, expected);
            second.truncate(5);

            batch.clear();
            assertEquals(0, batch.add(first, ids, 0, 17, 2));
            assertMessage("context is full", SluiceException.class, () -> batch.add(second, ids, 0, 4, 1));
            assertMessage("-1", SluiceException.class, () -> batch.add(second, new int[] {1, -1}, 0, 2, 1));
            int beyond = tiny.vocabulary();
            assertMessage("vocabulary", SluiceException.class, () -> batch.add(second, new int[] {beyond}, 0, 1, 1));
            refused(() -> batch.add(first, ids, 0, 1, 1));
            refused(() -> batch.add(stranger, ids, 0, 1, 1));
            refused(() -> batch.add(second, ids, 0, 0, 0));
            refused(() -> batch.add(second, ids, 0, 1, 2));
            refused(() -> batch.add(second, ids, 0, 3, 3)); // more rows of logits than the batch was made for
            refused(() -> batch.add(second, ids, 0, 3, -1));
            refused(() -> batch.add(second, new int[8 * TOKENS], 0, 8 * TOKENS - 16, 0));
            refused(() -> tiny.executor.newSequence(8, KvType.F32, foreign));
            refused(() -> tiny.executor.newBatch(0));
            assertEquals(1, batch.parts());
            assertEquals(0, first.position());
            assertEquals(5, second.position());

            assertEquals(1, batch.add(second, ids, 5, 2, 1));
            batch.run();
            assertEquals(17, first.position());
            assertEquals(7, second.position());
            float[] actual = new float[tiny.vocabulary()];
            batch.logits(1, 0, actual);
            assertArrayEquals(expected, actual);
        }
    }

    @Test
    void aBatchRunsOnceWithSequencesAsTheyWereAdded() {
        try (Tiny tiny = new Tiny("models/llama3-gqa", true);
                Batch batch = tiny.executor.newBatch(4);
                Sequence first = tiny.executor.newSequence(CAPACITY, KvType.F32, 1);
                Sequence second = tiny.executor.newSequence(CAPACITY, KvType.F32, 1)) {
            int[] ids = prompt(tiny, 2);
            illegal(batch::run);
            illegal(() -> batch.bestToken(0));
            first.append(ids, 0, 3, 0);
            batch.add(first, ids, 3, 2, 1);
            batch.add(second, ids, 0, 4, 0);
            illegal(() -> batch.bestToken(0));
            first.append(ids, 3, 1, 0);
            illegal(batch::run);
            assertEquals(4, first.position());
            assertEquals(0, second.position());
            first.truncate(3);
            batch.run();
            assertEquals(5, first.position());
            assertEquals(4, second.position());
            illegal(batch::run);
            illegal(() -> batch.add(second, ids, 4, 1, 1));
            float[] row = new float[tiny.vocabulary()];
            batch.logits(0, 0, row);
            illegal(() -> batch.logits(0, 1, row));
            illegal(() -> batch.logits(0, -1, row));
            illegal(() -> batch.logits(1, 0, row));
            illegal(() -> batch.bestToken(1));
            assertThrows(IndexOutOfBoundsException.class, () -> batch.bestToken(2));
            batch.clear();
            illegal(() -> batch.bestToken(0));
            assertEquals(0, batch.parts());
        }
    }

    @Test
    void whatIsClosedIsRefused() {
        try (Tiny tiny = new Tiny("models/llama3-gqa", true)) {
            Batch batch = tiny.executor.newBatch(1);
            Sequence sequence = tiny.executor.newSequence(8, KvType.F32, batch);
            Sequence gone = tiny.executor.newSequence(8, KvType.F32, batch);
            int[] ids = {1, 2, 3};
            batch.add(sequence, ids, 0, 1, 1);
            batch.add(gone, ids, 0, 1, 0);
            gone.close();
            gone.close();
            illegal(batch::run);
            illegal(() -> gone.append(ids, 0, 1, 1));
            assertEquals(0, sequence.position());
            sequence.append(ids, 0, 3, 1);
            batch.close();
            batch.close();
            illegal(() -> batch.add(sequence, ids, 0, 1, 1));
            illegal(() -> batch.bestToken(0));
            illegal(() -> sequence.append(ids, 0, 1, 1));
            illegal(sequence::bestToken);
            sequence.close();
        }
    }

    @Test
    void aSequenceAnswersOnlyForItsOwnLastAppend() {
        try (Tiny tiny = new Tiny("models/llama3-gqa", true);
                Batch batch = tiny.executor.newBatch(2);
                Sequence first = tiny.executor.newSequence(CAPACITY, KvType.F32, batch);
                Sequence second = tiny.executor.newSequence(CAPACITY, KvType.F32, batch)) {
            int[] ids = prompt(tiny, 2);
            illegal(first::bestToken);
            first.append(ids, 0, 3, 1);
            int best = first.bestToken();
            float[] row = new float[tiny.vocabulary()];
            first.logits(0, row);
            for (float logit : row) {
                assertTrue(logit <= row[best]);
            }
            second.append(ids, 0, 7, 1);
            assertNotEquals(-1, second.bestToken());
            illegal(first::bestToken);
            illegal(() -> first.logits(0, row));
            second.truncate(2);
            illegal(second::bestToken);
            second.append(ids, 2, 1, 0);
            illegal(second::bestToken);
        }
    }

    private static void illegal(Executable call) {
        assertThrows(IllegalStateException.class, call);
    }

    private static void refused(Executable call) {
        assertThrows(IllegalArgumentException.class, call);
    }

    private static void assertMessage(String part, Class<? extends Exception> type, Executable call) {
        String message = String.valueOf(assertThrows(type, call).getMessage());
        assertTrue(message.contains(part), message);
    }
}
