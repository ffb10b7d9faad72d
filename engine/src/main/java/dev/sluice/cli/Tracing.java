package dev.sluice.cli;

import dev.sluice.trace.Timeline;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A command's timeline, if {@code --trace} asks for one. */
record Tracing(@Nullable Timeline timeline) implements AutoCloseable {
    /**
     * Begins to record.
     *
     * @param file null for nothing
     * @throws dev.sluice.error.SluiceException if it cannot be written
     */
    static Tracing to(@Nullable Path file) {
        return new Tracing(file == null ? null : Timeline.record(file));
    }

    @Override
    public void close() {
        if (timeline != null) {
            timeline.close();
        }
    }
}
