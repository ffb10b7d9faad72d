package dev.sluice.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.error.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TimelineTest {
    @TempDir
    private Path folder;

    @Test
    void aSpanIsWrittenWithItsTrackTimesAndNumbers() throws IOException {
        Path file = folder.resolve("trace.json");
        long start;
        try (Timeline timeline = Timeline.record(file)) {
            assertTrue(Timeline.on(), timeline.toString());
            start = System.nanoTime();
            Timeline.span(
                    Track.of("opencl:0", Track.COPIES), SpanKind.COPY, "weights", start, start + 2_500_000, 4096, 0);
        }
        assertFalse(Timeline.on());
        TraceFile trace = TraceFile.read(file);
        List<JsonNode> spans = trace.spans("opencl:0 copies");
        assertEquals(1, spans.size());
        JsonNode span = spans.getFirst();
        assertEquals("weights", span.get("name").asText());
        assertEquals("copy", span.get("cat").asText());
        assertEquals(2500.0, span.get("dur").asDouble());
        assertTrue(span.get("ts").asDouble() >= 0, span.toString());
        assertEquals(4096, span.get("args").get("bytes").asInt());
    }

    @Test
    void nothingIsLostWhereSeveralThreadsRecordMoreThanTheBuffersHold() throws Exception {
        int each = 3 * SpanBuffer.CAPACITY / 2;
        Path file = folder.resolve("trace.json");
        try (Timeline timeline = Timeline.record(file)) {
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 3; t++) {
                Track track = Track.of("device " + t, Track.COMPUTE);
                threads.add(Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < each; i++) {
                        Timeline.span(track, SpanKind.STEP, "decode", i, i + 1, i, 7);
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertTrue(Timeline.on(), timeline.toString());
        }
        TraceFile trace = TraceFile.read(file);
        for (int t = 0; t < 3; t++) {
            List<JsonNode> spans = trace.spans("device " + t + " compute");
            assertEquals(each, spans.size());
            for (int i = 0; i < each; i++) {
                assertEquals(i, spans.get(i).get("args").get("tokens").asInt());
            }
        }
    }

    @Test
    void afterItsEndSpansGoNowhere() throws IOException {
        Path file = folder.resolve("trace.json");
        Timeline timeline = Timeline.record(file);
        timeline.close();
        byte[] written = Files.readAllBytes(file);
        Timeline.span(Track.ofThisThread(), SpanKind.WAIT, "nothing", 1, 2, 0, 0);
        timeline.close();
        assertEquals(written.length, Files.size(file));
        assertTrue(TraceFile.read(file).tracks().isEmpty());
    }

    @Test
    void aFileThatCannotBeWrittenIsOneMessage() {
        Path missing = folder.resolve("no-such-folder").resolve("trace.json");
        String message = assertThrows(SluiceException.class, () -> Timeline.record(missing))
                .getMessage();
        assertTrue(message.contains(missing.toString()) && message.contains("there is no such folder"), message);
        assertFalse(Timeline.on());
    }

    @Test
    void aFullDiskIsToldAtTheEnd() {
        Path full = Path.of("/dev/full");
        Assumptions.assumeTrue(Files.exists(full), "there is no /dev/full");
        Timeline timeline = Timeline.record(full);
        for (int i = 0; i < 3 * SpanBuffer.CAPACITY; i++) {
            Timeline.span(Track.ofThisThread(), SpanKind.STEP, "decode", i, i + 1, 1, i);
        }
        String message = assertThrows(SluiceException.class, timeline::close).getMessage();
        assertTrue(message.contains("/dev/full") && message.contains("No space left"), message);
        assertFalse(Timeline.on());
    }
}
