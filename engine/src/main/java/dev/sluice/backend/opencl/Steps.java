package dev.sluice.backend.opencl;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Pace;
import dev.sluice.graph.Layer;
import dev.sluice.opencl.Queue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How steps go through a device's layers: launch by launch, or, where a step is one token, many layers in one launch
 * ({@link Chains}) or all launches in one command ({@link Recordings}), if that is faster ({@link Pace}). A launch of many
 * layers may come to nothing ({@link Meeting}), which is known when the host waits
 * for what came of it; until then all that was queued since is remembered, and queued again launch by launch if need be.
 *
 * <p>Its methods are called by whoever holds the device.
 */
final class Steps implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Steps.class);
    /** When so much is not settled the host waits. */
    private static final int MOST_UNSETTLED = 64;
    /** The first step of a trial may have to record. */
    private static final int RECORDING_STEPS = 1;

    private final OpenClDevice device;
    private final Chains chains;
    private final Recordings recordings;
    private final Pace chaining = new Pace();
    private final Pace recording = new Pace(RECORDING_STEPS);
    /** How the steps that are not settled were chosen to go. */
    private Pace pace = chaining;

    private final List<Unsettled> unsettled = new ArrayList<>();
    private final Deque<Unsettled> spare = new ArrayDeque<>();
    private final List<KvCache> caches = new ArrayList<>();
    private @Nullable Meeting meeting;
    /** Whether the steps that are not settled went in few launches or commands, and when the first of them began. */
    private boolean first;

    private long begun;

    Steps(OpenClDevice device) {
        this.device = device;
        chains = new Chains(device);
        recordings = new Recordings(device);
    }

    Recordings recordings() {
        return recordings;
    }

    /** For people: the ways that were taken beside launches one by one. */
    String shortcuts() {
        return (meeting == null ? "" : ", layers in one launch where that is faster")
                + (recordings.used() ? ", launches replayed where that is faster" : "");
    }

    /** A layer was closed. */
    void forget(Queue queue, CompiledLayer layer) {
        chains.close();
        recordings.forget(queue, layer);
    }

    /** See {@link dev.sluice.backend.Device#submit}. */
    void submit(Queue queue, ForwardPass pass) {
        long started = System.nanoTime();
        int tokens = pass.step().tokens();
        if (tokens > 1) {
            settle(queue);
        }
        // What is queued again needs its input as it was.
        boolean repeatable = pass.keepsInput() && !device.streaming().used();
        KvType type = tokens == 1 && repeatable ? chainedType(pass) : null;
        boolean records = type == null && tokens == 1 && repeatable && recordings.serve(queue, pass);
        boolean chosen = type != null || records;
        if (chosen) {
            begin(queue, records ? recording : chaining);
        }
        if (!chosen || !first) {
            pass.launch(queue, 0, pass.count());
        } else if (type != null) {
            chained(queue, chains.of(pass.layers(), type), pass);
        } else {
            recordings.submit(queue, pass);
        }
        if (chosen || !unsettled.isEmpty()) {
            unsettled.add(fresh().step(pass, chosen));
        }
        boolean begins = pass.layers().getFirst().layer().kind() == Layer.Kind.EMBEDDING;
        device.recorder().submitted(begins, System.nanoTime() - started);
    }

    /** Decides how the next step goes. */
    private void begin(Queue queue, Pace by) {
        if (unsettled.size() >= MOST_UNSETTLED || pace != by || first != by.first()) {
            settle(queue);
        }
        pace = by;
        first = by.first();
        if (unsettled.isEmpty()) {
            begun = System.nanoTime();
        }
    }

    /** A copy to the host was queued. */
    void reading(OpenClReadBack readBack) {
        if (!unsettled.isEmpty()) {
            unsettled.add(fresh().copy(readBack));
        }
    }

    /** A copy to the host is done: what came before it is settled, or is now done again. */
    void arrived(Queue queue, OpenClReadBack readBack) {
        int at = 0;
        while (at < unsettled.size() && !unsettled.get(at).isCopy(readBack)) {
            at++;
        }
        if (at == unsettled.size()) {
            return;
        }
        if (broke()) {
            settle(queue);
            return;
        }
        int steps = 0;
        for (int i = 0; i <= at; i++) {
            Unsettled done = unsettled.removeFirst();
            steps += done.timed() ? 1 : 0;
            spare.add(done);
        }
        took(steps);
    }

    /**
     * Waits for all that is not settled, and does it again if it came to nothing.
     *
     * @return whether it was done again
     */
    boolean settle(Queue queue) {
        if (queue.context().isLost()) {
            giveUp();
        }
        if (unsettled.isEmpty()) {
            return false;
        }
        queue.finish();
        recordings.settled();
        boolean broken = broke();
        Meeting met = meeting;
        if (met != null && met.worn()) {
            met.reset(queue);
        }
        if (broken) {
            LOG.debug("work-groups waited too long for each other; steps are taken launch by launch");
            unsettled.forEach(one -> one.again(queue));
            queue.finish();
        }
        int steps = 0;
        for (int i = 0; i < unsettled.size(); i++) {
            Unsettled one = unsettled.get(i);
            steps += one.timed() ? 1 : 0;
            spare.add(one);
        }
        unsettled.clear();
        took(steps);
        return broken;
    }

    /** The device has failed: what is not settled will never be. */
    void giveUp() {
        unsettled.clear();
        recordings.settled();
    }

    private boolean broke() {
        return meeting != null && meeting.broke();
    }

    private void took(int steps) {
        long now = System.nanoTime();
        for (int i = 0; i < steps; i++) {
            pace.took((now - begun) / steps);
        }
        begun = now;
    }

    private Unsettled fresh() {
        Unsettled one = spare.poll();
        return one == null ? new Unsettled(device.layers()) : one;
    }

    /** The type of the cache of the first layer that can go in one launch with others; null if there is no such. */
    private static @Nullable KvType chainedType(ForwardPass pass) {
        for (int i = 0; i < pass.count(); i++) {
            if (pass.layer(i).chains()) {
                @Nullable LayerState[] own = pass.states(i);
                return own.length > 0 && own[0] instanceof KvCache cache ? cache.type() : null;
            }
        }
        return null;
    }

    private Meeting meeting(Queue queue) {
        Meeting present = meeting;
        if (present == null) {
            present = new Meeting(device, queue);
            meeting = present;
        }
        return present;
    }

    private void chained(Queue queue, List<Chains.Chain> all, ForwardPass pass) {
        Meeting met = meeting(queue);
        for (int i = 0; i < all.size(); i++) {
            Chains.Chain chain = all.get(i);
            LayersKernel kernel = chain.kernel();
            if (kernel != null && gather(chain, pass)) {
                OpenClMemory from = (OpenClMemory) pass.before(chain.from());
                OpenClMemory to = (OpenClMemory) pass.after(chain.to() - 1);
                kernel.submit(queue, met, pass.step(), from, (OpenClMemory) pass.between(), to, caches);
            } else {
                pass.launch(queue, chain.from(), chain.to());
            }
        }
        met.look(queue);
    }

    /** Checks the layers of a chain and gathers their caches; false if these are not all alike. */
    private boolean gather(Chains.Chain chain, ForwardPass pass) {
        caches.clear();
        boolean alike = true;
        for (int i = chain.from(); i < chain.to(); i++) {
            KvCache cache = pass.cache(i);
            caches.add(cache);
            KvCache first = caches.getFirst();
            alike &= cache.type() == first.type() && cache.stride() == first.stride();
        }
        return alike;
    }

    @Override
    public void close() {
        recordings.close();
        if (meeting != null) {
            meeting.close();
        }
    }
}
