package dev.sluice.backend.cpu;

import dev.sluice.backend.Step;
import dev.sluice.trace.SpanKind;
import dev.sluice.trace.Timeline;
import dev.sluice.trace.Track;
import java.util.Arrays;

/** When the layers of a region ended, by the clock of one worker, for the timeline. */
final class LayerTimes {
    private final Track track;
    private String[] names = new String[64];
    private long[] ends = new long[64];
    private boolean wanted;
    private int count;
    private long begun;

    LayerTimes(String device) {
        track = Track.of(device, Track.COMPUTE);
    }

    /** A region of so many layers begins; all workers see this. */
    void begin(int layers) {
        wanted = Timeline.on();
        if (wanted) {
            if (ends.length < layers) {
                names = Arrays.copyOf(names, layers);
                ends = Arrays.copyOf(ends, layers);
            }
            count = 0;
            begun = System.nanoTime();
        }
    }

    /** A worker has done its share of a layer; the workers are never further apart than a layer. */
    void ended(Worker worker, CpuLayer layer) {
        if (wanted && worker.index == 0) {
            names[count] = layer.layer().name();
            ends[count++] = System.nanoTime();
        }
    }

    /** The region is over. */
    void tell(Step step) {
        if (wanted) {
            long start = begun;
            for (int i = 0; i < count; i++) {
                Timeline.span(track, SpanKind.LAYERS, names[i], start, ends[i], step.tokens(), step.position(0));
                start = ends[i];
            }
        }
    }
}
