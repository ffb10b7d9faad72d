package dev.sluice.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A timeline as a viewer reads it: whole, each span with the name of its track. */
@SuppressWarnings("exports") // of the tests alone
public final class TraceFile {
    private final Map<String, List<JsonNode>> tracks = new LinkedHashMap<>();

    private TraceFile() {}

    /** Reads a file, which must be complete. */
    public static TraceFile read(Path file) throws IOException {
        TraceFile read = new TraceFile();
        Map<Integer, String> names = new HashMap<>();
        JsonNode events = new ObjectMapper().readTree(file.toFile()).get("traceEvents");
        for (JsonNode event : events) {
            assertEquals(1, event.get("pid").asInt());
            int thread = event.get("tid").asInt();
            if (event.get("ph").asText().equals("X")) {
                read.tracks
                        .computeIfAbsent(names.get(thread), track -> new ArrayList<>())
                        .add(event);
            } else if (event.get("name").asText().equals("thread_name")) {
                names.put(thread, event.get("args").get("name").asText());
            }
        }
        return read;
    }

    /** The names of the tracks that have spans. */
    public Set<String> tracks() {
        return tracks.keySet();
    }

    /** The spans of a track, as they were written. */
    public List<JsonNode> spans(String track) {
        return tracks.getOrDefault(track, List.of());
    }

    /** Those of a category. */
    public List<JsonNode> spans(String track, String category) {
        return spans(track).stream()
                .filter(span -> span.get("cat").asText().equals(category))
                .toList();
    }

    /** When a span ended, in microseconds. */
    public static double end(JsonNode span) {
        return span.get("ts").asDouble() + span.get("dur").asDouble();
    }
}
