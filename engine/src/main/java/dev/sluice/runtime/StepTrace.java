package dev.sluice.runtime;

import dev.sluice.backend.Fence;
import dev.sluice.backend.Step;
import dev.sluice.trace.CopySpan;
import dev.sluice.trace.LayersSpan;
import dev.sluice.trace.StepSpan;
import dev.sluice.trace.WaitSpan;
import org.jspecify.annotations.Nullable;

/** What the steps of a batch tell those who watch ({@link dev.sluice.trace}). */
final class StepTrace {
    private final StepSpan step = new StepSpan();
    private final LayersSpan[] layers;
    private final CopySpan[] copies;
    private final WaitSpan[] waits;
    /** What each part of the layers was submitted with last. */
    private final @Nullable Fence[] fences;

    private boolean begun;
    private int tokens;
    private int parts;
    private int position;

    StepTrace(Executor executor) {
        int count = executor.partCount();
        layers = new LayersSpan[count];
        copies = new CopySpan[count];
        waits = new WaitSpan[count];
        fences = new Fence[count];
        for (int part = 0; part < count; part++) {
            String device = executor.device(part);
            layers[part] = new LayersSpan(device, executor.layers(part));
            copies[part] = new CopySpan(device);
            waits[part] = new WaitSpan(device);
        }
    }

    /** A step begins. */
    void begin(Step of) {
        step.start();
        begun = true;
        tokens = of.tokens();
        parts = of.parts();
        position = of.position(0);
    }

    /** Its results are there, or it has none. */
    void end() {
        if (begun) {
            begun = false;
            step.stop(tokens, parts, position);
        }
    }

    /** A part's layers are about to be submitted. */
    void submitting(int part) {
        layers[part].start();
    }

    void submitted(int part, Step of, Fence fence) {
        layers[part].stop(of.tokens(), of.position(0));
        fences[part] = fence;
    }

    /** A copy from or to a part's device begins. */
    void copying(int part) {
        copies[part].start();
    }

    void copied(int part, String what, long bytes) {
        copies[part].stop(what, bytes);
    }

    /** Waits before a copy that would wait as well, where somebody wants to know one from the other. */
    void awaitIfWatched(int part, String what) {
        Fence fence = fences[part];
        if (fence != null && waits[part].watched()) {
            waits[part].start();
            fence.await();
            waits[part].stop(what);
        }
    }

    /** A wait for a part's device begins. */
    void waiting(int part) {
        waits[part].start();
    }

    void waited(int part, String what) {
        waits[part].stop(what);
    }

    /** A wait for the last device begins. */
    void waiting() {
        waiting(waits.length - 1);
    }

    void waited(String what) {
        waited(waits.length - 1, what);
    }
}
