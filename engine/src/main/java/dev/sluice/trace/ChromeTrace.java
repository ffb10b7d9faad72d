package dev.sluice.trace;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes spans as complete events of the Trace Event Format, which chrome://tracing and ui.perfetto.dev read: one process,
 * whose threads are the tracks. Times are microseconds since the timeline began.
 */
final class ChromeTrace implements Closeable {
    private static final int PROCESS = 1;

    private final JsonGenerator json;
    private final long origin;
    private final Map<Track, Integer> threads = new HashMap<>();

    /** @param origin the time that is 0 in the file, as {@link System#nanoTime} counts */
    ChromeTrace(OutputStream out, long origin) throws IOException {
        this.origin = origin;
        json = new JsonFactory().createGenerator(out);
        json.writeStartObject();
        json.writeStringField("displayTimeUnit", "ms");
        json.writeArrayFieldStart("traceEvents");
        name("process_name", 0, "sluice");
    }

    void write(Track track, SpanKind kind, String name, long start, long end, long first, long second)
            throws IOException {
        int thread = thread(track);
        json.writeStartObject();
        json.writeStringField("ph", "X");
        json.writeNumberField("pid", PROCESS);
        json.writeNumberField("tid", thread);
        json.writeStringField("cat", kind.category());
        json.writeStringField("name", name);
        json.writeNumberField("ts", (start - origin) / 1000.0);
        json.writeNumberField("dur", Math.max(0, end - start) / 1000.0);
        if (!kind.first().isEmpty()) {
            json.writeObjectFieldStart("args");
            json.writeNumberField(kind.first(), first);
            if (!kind.second().isEmpty()) {
                json.writeNumberField(kind.second(), second);
            }
            json.writeEndObject();
        }
        json.writeEndObject();
        json.writeRaw('\n');
    }

    private int thread(Track track) throws IOException {
        Integer known = threads.get(track);
        if (known != null) {
            return known;
        }
        int thread = threads.size() + 1;
        threads.put(track, thread);
        name("thread_name", thread, track.owner() + " " + track.lane());
        return thread;
    }

    private void name(String what, int thread, String name) throws IOException {
        json.writeStartObject();
        json.writeStringField("ph", "M");
        json.writeNumberField("pid", PROCESS);
        json.writeNumberField("tid", thread);
        json.writeStringField("name", what);
        json.writeObjectFieldStart("args");
        json.writeStringField("name", name);
        json.writeEndObject();
        json.writeEndObject();
        json.writeRaw('\n');
    }

    /** Ends the file, which is complete then. */
    @Override
    public void close() throws IOException {
        json.writeEndArray();
        json.writeEndObject();
        json.writeRaw('\n');
        json.close();
    }
}
