package dev.sluice.backend.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.backend.KvType;
import dev.sluice.runtime.GreedyRun;
import dev.sluice.runtime.Sequence;
import dev.sluice.trace.Timeline;
import dev.sluice.trace.TraceFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a generation leaves in a timeline and in a flight recording. */
class TracedStepsTest {
    private static final int[] PROMPT = {3, 14, 15, 92, 65};
    private static final int TOKENS = 6;
    /**
     * How far the two clocks may seem to be apart, in microseconds: the host is interrupted between noting its time and
     * queuing a command.
     */
    private static final double CLOCKS = 20_000;

    @TempDir
    private Path folder;

    static List<TinyModel.Place> places() {
        return TinyModel.places().toList();
    }

    /** A prompt, then tokens: by logits, then by the device's own choices. */
    private static void generate(TinyModel tiny) {
        try (Sequence sequence = tiny.executor.newSequence(PROMPT.length + 2 * TOKENS, KvType.F16, 1)) {
            float[] logits = new float[tiny.executor.graph().vocabulary()];
            sequence.append(PROMPT, 0, PROMPT.length, 1);
            sequence.logits(0, logits);
            int next = sequence.bestToken();
            for (int i = 0; i < TOKENS; i++) {
                sequence.append(new int[] {next}, 0, 1, 1);
                sequence.logits(0, logits);
                next = sequence.bestToken();
            }
            try (GreedyRun run = sequence.greedy(next, TOKENS)) {
                for (int i = 0; i < TOKENS; i++) {
                    run.next();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("places")
    void eachDeviceShowsItsLayersWithinTheStepsOfTheHost(TinyModel.Place place) throws IOException {
        Path file = folder.resolve("trace.json");
        List<String> devices;
        int layers;
        try (Timeline timeline = Timeline.record(file);
                TinyModel tiny = new TinyModel(place)) {
            assertTrue(Timeline.on(), timeline.toString());
            devices = tiny.ids();
            layers = tiny.executor.graph().layers().size();
            generate(tiny);
        }
        TraceFile trace = TraceFile.read(file);
        List<JsonNode> steps = trace.spans("host " + Thread.currentThread().getName(), "step");
        assertEquals(1 + 2 * TOKENS, steps.size(), trace.tracks().toString());
        assertEquals("prefill", steps.getFirst().get("name").asText());
        assertEquals(PROMPT.length, steps.getFirst().get("args").get("tokens").asInt());
        for (int i = 1; i < steps.size(); i++) {
            assertEquals("decode", steps.get(i).get("name").asText());
            assertEquals(
                    PROMPT.length + i - 1,
                    steps.get(i).get("args").get("position").asInt());
        }
        double begin = steps.getFirst().get("ts").asDouble();
        double end = TraceFile.end(steps.getLast());
        int computed = 0;
        for (String device : devices) {
            assertEquals(1, trace.spans(device + " loading", "load").size());
            assertFalse(trace.spans(device + " copies", "copy").isEmpty(), device);
            List<JsonNode> spans = trace.spans(device + " compute", "layers");
            assertFalse(spans.isEmpty(), device);
            for (JsonNode span : spans) {
                assertTrue(
                        span.get("ts").asDouble() > begin - CLOCKS && TraceFile.end(span) < end + CLOCKS,
                        span + " lies outside of the steps, " + begin + " to " + end);
            }
            computed += layersOf(spans, layers);
        }
        // Layers that went in one launch are one span, and argmax is a layer that the model does not have.
        assertTrue(computed >= (1 + 2 * TOKENS) * layers, computed + " layers");
        trace.tracks().forEach(track -> assertNested(track, trace.spans(track)));
    }

    private static int layersOf(List<JsonNode> spans, int layers) {
        // "block 0 to block 1" stands for what is between as well; of such a model that is all but the ends.
        return spans.stream()
                .mapToInt(span -> span.get("name").asText().contains(" to ") ? layers - 2 : 1)
                .sum();
    }

    /** A viewer shows spans of one track only if they follow or enclose each other. */
    private static void assertNested(String track, List<JsonNode> spans) {
        Deque<JsonNode> open = new ArrayDeque<>();
        double rounding = 0.01;
        spans.stream()
                .sorted(Comparator.comparingDouble((JsonNode s) -> s.get("ts").asDouble())
                        .thenComparingDouble(s -> -s.get("dur").asDouble()))
                .forEach(span -> {
                    while (!open.isEmpty()
                            && TraceFile.end(open.getLast()) <= span.get("ts").asDouble() + rounding) {
                        open.removeLast();
                    }
                    assertTrue(
                            open.isEmpty() || TraceFile.end(span) <= TraceFile.end(open.getLast()) + rounding,
                            () -> track + ": " + span + " overlaps " + open.getLast());
                    open.addLast(span);
                });
    }

    @Test
    void aFlightRecordingHasTheSameAsEvents() throws IOException {
        Path file = folder.resolve("recording.jfr");
        int layerCount;
        try (Recording recording = new Recording()) {
            for (String name : List.of("Load", "Step", "Layers", "Copy", "Wait", "Sample")) {
                recording.enable("dev.sluice." + name).withoutThreshold();
            }
            recording.start();
            try (TinyModel tiny = new TinyModel(TinyModel.cpu())) {
                layerCount = tiny.executor.graph().layers().size();
                generate(tiny);
            }
            recording.stop();
            recording.dump(file);
        }
        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        List<RecordedEvent> steps = named(events, "dev.sluice.Step");
        assertEquals(1 + 2 * TOKENS, steps.size());
        assertEquals("prefill", steps.getFirst().getString("phase"));
        assertEquals(PROMPT.length, steps.getFirst().getInt("tokens"));
        for (int i = 1; i < steps.size(); i++) {
            RecordedEvent step = steps.get(i);
            assertEquals("decode", step.getString("phase"));
            assertEquals(1, step.getInt("sequences"));
            assertEquals(PROMPT.length + i - 1, step.getInt("position"));
            assertTrue(step.getDuration().toNanos() > 0, step.toString());
            assertFalse(step.getStartTime().isBefore(steps.get(i - 1).getEndTime()), step.toString());
        }
        List<RecordedEvent> layers = named(events, "dev.sluice.Layers");
        assertEquals(steps.size(), layers.size());
        assertEquals("cpu", layers.getFirst().getString("device"));
        assertEquals("embedding to head", layers.getFirst().getString("layers"));
        List<RecordedEvent> copies = named(events, "dev.sluice.Copy");
        assertTrue(
                copies.stream()
                        .anyMatch(copy -> copy.getString("what").equals("logits") && copy.getLong("bytes") > 1000),
                copies.toString());
        RecordedEvent load = named(events, "dev.sluice.Load").getFirst();
        assertEquals(layerCount, load.getInt("layers"));
        assertTrue(load.getLong("bytes") > 0, load.toString());
        assertEquals(List.of("Sluice"), load.getEventType().getCategoryNames(), "where people look for it in a viewer");
    }

    @Test
    void aFlightRecordingThatBeginsLaterHasWhatFollows() throws IOException {
        Path file = folder.resolve("recording.jfr");
        try (TinyModel tiny = new TinyModel(TinyModel.cpu());
                Recording recording = new Recording()) {
            generate(tiny);
            recording.enable("dev.sluice.Step").withoutThreshold();
            recording.start();
            generate(tiny);
            recording.stop();
            recording.dump(file);
        }
        assertEquals(
                1 + 2 * TOKENS,
                named(RecordingFile.readAllEvents(file), "dev.sluice.Step").size());
    }

    @Test
    void aFlightRecordingThatDoesNotAskGetsNothing() throws IOException {
        Path file = folder.resolve("recording.jfr");
        try (Recording recording = new Recording()) {
            recording.start();
            try (TinyModel tiny = new TinyModel(TinyModel.cpu())) {
                generate(tiny);
            }
            recording.stop();
            recording.dump(file);
        }
        assertEquals(
                0,
                RecordingFile.readAllEvents(file).stream()
                        .filter(event -> event.getEventType().getName().startsWith("dev.sluice."))
                        .count());
    }

    private static List<RecordedEvent> named(List<RecordedEvent> events, String name) {
        return events.stream()
                .filter(event -> event.getEventType().getName().equals(name))
                .sorted(Comparator.comparing(RecordedEvent::getStartTime))
                .toList();
    }
}
