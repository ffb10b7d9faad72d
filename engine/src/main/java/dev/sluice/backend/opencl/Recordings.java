package dev.sluice.backend.opencl;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.ClException;
import dev.sluice.opencl.Queue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes single tokens through layers by replaying their launches, which are recorded the first time and again when something
 * but the position has changed ({@link Passage}). Kernels read the position from a word on the device, which is filled before
 * each step. The embedding and the head, whose other ends are others in each step, are launched as ever.
 *
 * <p>Its methods are called by whoever holds the device.
 */
final class Recordings implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Recordings.class);
    /** So many conversations take turns without recording anew. */
    private static final int MOST = 4;

    private final OpenClDevice device;
    private final BiFunction<Queue, Passage, Recording> begin;
    /** The one that was used last comes last. */
    private final List<Recording> known = new ArrayList<>();

    private final Passage passage = new Passage();
    private final MemorySegment told = Arena.ofAuto().allocate(ValueLayout.JAVA_INT);
    private @Nullable Buffer position;
    private boolean used;
    private boolean refused;
    /** Whether a replay may be under way. */
    private boolean pending;

    Recordings(OpenClDevice device) {
        this(device, Recording::new);
    }

    /** With recordings that begin in a way of their own. */
    Recordings(OpenClDevice device, BiFunction<Queue, Passage, Recording> begin) {
        this.device = device;
        this.begin = begin;
    }

    /** Whether launches were replayed so far. */
    boolean used() {
        return used && !refused;
    }

    /** How many there are. */
    int count() {
        return known.size();
    }

    /** Whether launches of a step of one token can be recorded. */
    boolean serve(Queue queue, ForwardPass pass) {
        // Who wants to know how long each launch takes needs launches.
        if (refused || !device.tuning().recording() || queue.profiling()) {
            return false;
        }
        for (int i = 0; i < pass.count(); i++) {
            if (pass.layer(i).records()) {
                return true;
            }
        }
        return false;
    }

    /** Queues a step of one token; what cannot be recorded is launched. */
    void submit(Queue queue, ForwardPass pass) {
        told.set(ValueLayout.JAVA_INT, 0, pass.step().position(0));
        queue.fill(position(), 0, Integer.BYTES, told);
        int from = 0;
        while (from < pass.count()) {
            boolean records = pass.layer(from).records();
            int to = from + 1;
            while (to < pass.count() && pass.layer(to).records() == records) {
                to++;
            }
            if (!records || !replayed(queue, pass, from, to)) {
                pass.launch(queue, from, to);
            }
            from = to;
        }
    }

    private Buffer position() {
        Buffer present = position;
        if (present == null) {
            present = device.newBuffer(Integer.BYTES, "the position");
            position = present;
        }
        return present;
    }

    private boolean replayed(Queue queue, ForwardPass pass, int from, int to) {
        if (refused) {
            return false;
        }
        look(pass, from, to);
        try {
            Recording recording = find();
            if (recording == null) {
                recording = record(queue, () -> pass.launch(queue, from, to));
            }
            recording.replay();
            device.recorder().replayed(recording.launches());
            queue.flush();
            pending = true;
            used = true;
            return true;
        } catch (ClException e) {
            LOG.warn(
                    "{} ({}) names cl_khr_command_buffer, but fails at it ({}); launches are made one by one."
                            + " {}=command-buffers leaves it unused",
                    device.info().id(),
                    device.info().name(),
                    e.getMessage(),
                    Capabilities.WITHOUT);
            refused = true;
            drop(queue, recording -> true);
            return false;
        }
    }

    private Recording record(Queue queue, Runnable launches) {
        Recording recording = begin.apply(queue, passage);
        try {
            device.recorder().record(recording, position(), launches);
            recording.finish();
        } catch (RuntimeException e) {
            recording.close();
            throw e;
        }
        add(queue, recording);
        return recording;
    }

    /** Checks layers {@code from} to {@code to - 1} and sees what their launches are. */
    private void look(ForwardPass pass, int from, int to) {
        for (int i = from; i < to; i++) {
            KvCache cache = pass.cache(i);
            if (i == from) {
                passage.clear((OpenClMemory) pass.before(from), (OpenClMemory) pass.between(), (OpenClMemory)
                        pass.after(to - 1));
            }
            OpenClCompiledLayer layer = pass.layer(i);
            passage.add(layer, cache, layer.shape(pass.step().position(0)));
        }
    }

    private @Nullable Recording find() {
        for (int i = known.size() - 1; i >= 0; i--) {
            Recording one = known.get(i);
            if (one.serves(passage)) {
                if (i < known.size() - 1) {
                    known.remove(i);
                    known.add(one);
                }
                return one;
            }
        }
        return null;
    }

    private void add(Queue queue, Recording recording) {
        if (known.size() == MOST) {
            Recording oldest = known.getFirst();
            drop(queue, one -> one == oldest);
        }
        known.add(recording);
    }

    /** A buffer is to go. */
    void forget(Queue queue, Buffer buffer) {
        drop(queue, one -> one.uses(buffer));
    }

    /** A layer is closed. */
    void forget(Queue queue, CompiledLayer layer) {
        drop(queue, one -> one.uses(layer));
    }

    /** The queue is to go. */
    void forgetAll(Queue queue) {
        drop(queue, one -> true);
    }

    private void drop(Queue queue, Predicate<Recording> which) {
        List<Recording> dropped = known.stream().filter(which).toList();
        if (dropped.isEmpty()) {
            return;
        }
        if (pending) {
            queue.finish();
            pending = false;
        }
        known.removeAll(dropped);
        dropped.forEach(Recording::close);
    }

    /** All that was queued is done, or will never be. */
    void settled() {
        pending = false;
    }

    @Override
    public void close() {
        known.forEach(Recording::close);
        known.clear();
    }
}
