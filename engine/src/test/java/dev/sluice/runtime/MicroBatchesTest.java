package dev.sluice.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.LayerState;
import dev.sluice.backend.Step;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MicroBatchesTest {
    private static final int ROWS = 8192;

    private static @Nullable LayerState nothing(int part, int layer) {
        return null;
    }

    private static MicroBatches cut(Step step, int target, int most, int least) {
        MicroBatches work = new MicroBatches(() -> new MicroBatch(
                64,
                MicroBatchesTest::nothing,
                MemorySegment.ofArray(new int[ROWS]),
                MemorySegment.ofArray(new int[ROWS])));
        work.cut(step, target, most, least);
        return work;
    }

    private static List<Integer> rows(MicroBatches work) {
        List<Integer> rows = new ArrayList<>();
        for (int i = 0; i < work.count(); i++) {
            rows.add(work.get(i).step().tokens());
        }
        return rows;
    }

    @Test
    void aPromptIsCutAtMultiplesOfWhatGoesThroughALayerTogether() {
        MicroBatches work = cut(new Step(7, 19, 2), 8, 8, 0);
        assertEquals(List.of(8, 8, 3), rows(work));
        assertEquals(15, work.get(1).step().position(0));
        assertEquals(MicroBatch.NO_OUTPUTS, work.get(1).slot());
        assertEquals(0, work.get(2).slot());
        assertEquals(2, work.get(2).step().outputRows());
        assertTrue(work.prompt());
    }

    @Test
    void noCrumbsRemainWhereThatIsAsked() {
        assertEquals(List.of(64, 73), rows(cut(new Step(0, 137, 1), 64, 256, 16)));
        assertEquals(List.of(64, 64, 9), rows(cut(new Step(0, 137, 1), 64, 64, 16)));
        assertEquals(List.of(64, 64, 64, 58, 7), rows(cut(new Step(0, 257, 1), 64, 250, 16)));
        // A short prompt begins the next one and is not cut for three rows of room.
        Step two = Step.forParts(2).add(0, 61, 1).add(0, 40, 1);
        assertEquals(List.of(61, 40), rows(cut(two, 64, 256, 16)));
    }

    @Test
    void sequencesThatDecodeFormGroups() {
        Step step = Step.forParts(20);
        for (int i = 0; i < 20; i++) {
            step.add(i, 1, 1);
        }
        MicroBatches work = cut(step, 8, 64, 0);
        assertEquals(List.of(8, 8, 4), rows(work));
        assertEquals(2, work.get(2).slot());
        assertEquals(16, work.get(2).firstOutput());
        assertEquals(work.get(1), work.withOutput(15));
        assertEquals(work.get(2), work.withOutput(16));
    }

    @Test
    void everyTokenIsComputedOnceInOrderWhateverTheCut() {
        Random random = new Random(5);
        for (int round = 0; round < 2000; round++) {
            Step whole = Step.forParts(12);
            int parts = 1 + random.nextInt(12);
            for (int i = 0; i < parts; i++) {
                int tokens = random.nextBoolean() ? 1 : 1 + random.nextInt(100);
                whole.add(random.nextInt(50), tokens, random.nextInt(1 + tokens));
            }
            int most = 1 + random.nextInt(64);
            int target = 1 + random.nextInt(most);
            MicroBatches work = cut(whole, target, most, random.nextInt(1 + target / 2));
            int part = 0;
            int done = 0;
            int outputs = 0;
            for (int i = 0; i < work.count(); i++) {
                MicroBatch one = work.get(i);
                assertTrue(one.step().tokens() > 0 && one.step().tokens() <= most);
                assertEquals(4L * one.step().tokens(), one.ids().byteSize());
                assertEquals(outputs, one.firstOutput());
                for (int p = 0; p < one.step().parts(); p++) {
                    assertEquals(whole.position(part) + done, one.step().position(p));
                    done += one.step().tokens(p);
                    outputs += one.step().outputRows(p);
                    if (done == whole.tokens(part)) {
                        part++;
                        done = 0;
                        assertEquals(part == parts ? whole.outputRows() : whole.firstOutput(part), outputs);
                    }
                }
            }
            assertEquals(parts, part);
        }
    }
}
