package dev.sluice.runtime;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.error.DeviceFailure;
import dev.sluice.graph.Graph;
import dev.sluice.graph.HeadSlices;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.StampedLock;
import org.jspecify.annotations.Nullable;

/**
 * The devices that a model's layers are on, and the move to others when one fails: all that sequences and batches hold is given
 * back, the layers are shared out anew and compiled, and each sequence takes its place again when it is used next.
 */
final class Placement implements AutoCloseable {
    private final Graph graph;
    private final Recovery recovery;
    /** Steps share it; who moves the layers has it alone. */
    private final StampedLock lock = new StampedLock();

    private final Set<Placed> placed = Collections.newSetFromMap(new IdentityHashMap<>());
    private volatile List<DevicePart> parts = List.of();

    private volatile List<Assignment> assignments = List.of();
    private volatile PartTimes times = new PartTimes(1);
    /** Of how many micro-batches the activations are kept. */
    private volatile int ring = 1;

    private volatile boolean streams;
    private volatile int computingParts = 1;
    /** One layer, on the last part's device. */
    private volatile List<CompiledLayer> argMax = List.of();

    private final AtomicInteger epoch = new AtomicInteger();
    /** Why there is no place left. */
    private volatile @Nullable RuntimeException end;

    /**
     * Compiles all layers.
     *
     * @throws dev.sluice.error.SluiceException if no devices are left that hold and compute them; nothing stays allocated then
     */
    Placement(Graph graph, List<Assignment> assignments, Progress progress, Recovery recovery) {
        this.graph = graph;
        this.recovery = recovery;
        compile(assignments, progress);
    }

    private void compile(List<Assignment> first, Progress progress) {
        List<Assignment> assignments = first;
        while (true) {
            try {
                compileOnce(assignments, progress);
                return;
            } catch (DeviceFailure e) {
                assignments = recovery.without(e);
            }
        }
    }

    private void compileOnce(List<Assignment> assignments, Progress progress) {
        int layers = graph.layers().size();
        if (assignments.stream().mapToInt(Assignment::layers).sum() != layers) {
            throw new IllegalArgumentException(assignments + " for " + layers + " layers");
        }
        List<DevicePart> fresh = new ArrayList<>();
        try {
            int from = 0;
            for (Assignment assignment : assignments) {
                List<Layer> own = graph.layers().subList(from, from + assignment.layers());
                String what = assignments.size() == 1
                        ? "loading"
                        : "loading " + own.size() + " layers on "
                                + assignment.device().info().id();
                fresh.add(new DevicePart(
                        assignment,
                        from,
                        own,
                        headParts(assignment, own),
                        (done, total) -> progress.report(what, done, total)));
                from += own.size();
            }
            LayerBuilder best = new LayerBuilder("argmax", Layer.Kind.ARGMAX, graph.vocabulary());
            best.add(new Op.ArgMax(graph.vocabulary()), best.input());
            argMax = List.of(fresh.getLast().device().compile(best.build()));
            parts = List.copyOf(fresh);
            this.assignments = List.copyOf(assignments);
            times = new PartTimes(fresh.size());
            ring = ring(assignments);
            streams = fresh.stream().anyMatch(DevicePart::streams);
            computingParts = (int) fresh.stream().filter(DevicePart::hasBlocks).count();
            epoch.incrementAndGet();
        } catch (RuntimeException e) {
            fresh.reversed().forEach(part -> Release.of(part::close));
            throw e;
        }
    }

    /** The head, where slices of it are streamed. */
    private List<HeadSlices.Part> headParts(Assignment assignment, List<Layer> own) {
        boolean head = own.getLast().kind() == Layer.Kind.HEAD;
        boolean whole = head && assignment.streamed().contains(own.size() - 1);
        if (!whole && assignment.slices().isEmpty()) {
            return List.of();
        }
        if (!head || (whole && !assignment.slices().isEmpty())) {
            throw new IllegalArgumentException("slices " + assignment.slices() + " of "
                    + own.getLast().name() + (whole ? ", which is streamed" : ""));
        }
        HeadSlices slices = new HeadSlices(graph);
        return slices.parts(whole ? slices.all() : assignment.slices());
    }

    /** The devices with their layers, in order. */
    List<DevicePart> parts() {
        return parts;
    }

    List<Assignment> assignments() {
        return assignments;
    }

    /** Two follow each other between devices; those that pass a streamed layer together are all there. */
    private static int ring(List<Assignment> assignments) {
        if (assignments.stream().noneMatch(Assignment::streams)) {
            return Math.min(assignments.size(), 2);
        }
        int room = assignments.stream().mapToInt(Assignment::microBatches).min().orElseThrow();
        return Math.clamp(room, Math.min(assignments.size(), 2), Assignment.MOST_MICRO_BATCHES);
    }

    /** Of how many micro-batches a step keeps the activations on each device. */
    int ring() {
        return ring;
    }

    /** How many parts have blocks. */
    int computingParts() {
        return computingParts;
    }

    /** Whether a part has streamed layers. */
    boolean streams() {
        return streams;
    }

    /** How long steps were with each part. */
    PartTimes times() {
        return times;
    }

    /** The choice of the largest logit, on the last device. */
    List<CompiledLayer> argMax() {
        return argMax;
    }

    /** Another number whenever the layers are somewhere else. */
    int epoch() {
        return epoch.get();
    }

    /** Something takes memory of the devices. */
    void register(Placed one) {
        synchronized (placed) {
            placed.add(one);
        }
    }

    void unregister(Placed one) {
        synchronized (placed) {
            placed.remove(one);
        }
    }

    /**
     * Does something with the devices, and if one fails does it again with those that are left. Not to be called within.
     *
     * @param work begins with taking its place, if the epoch is another than before
     */
    void attempt(Runnable work) {
        while (true) {
            DeviceFailure failure;
            int seen = epoch.get();
            long stamp = lock.readLock();
            try {
                RuntimeException none = end;
                if (none != null) {
                    throw none;
                }
                seen = epoch.get();
                work.run();
                return;
            } catch (DeviceFailure e) {
                if (end != null) {
                    throw e;
                }
                failure = e;
            } finally {
                lock.unlockRead(stamp);
            }
            move(failure, seen);
        }
    }

    /**
     * Results are no numbers: drops the devices that compute wrongly.
     *
     * @return whether there were any, so that it is worth doing again
     */
    boolean movedFromWrongDevice() {
        int before = epoch.get();
        attempt(recovery::requireRight);
        return epoch.get() != before;
    }

    private void move(DeviceFailure failure, int seen) {
        long stamp = lock.writeLock();
        try {
            if (end != null || epoch.get() != seen) {
                return; // another thread has seen the same failure
            }
            if (failure.phase() == DeviceFailure.Phase.ALLOCATE && recovery.isLast(failure)) {
                throw failure; // there is no room for one more sequence, but those that there are may go on
            }
            List<Placed> all;
            synchronized (placed) {
                all = List.copyOf(placed);
            }
            all.forEach(Placed::displace);
            closeAll();
            compile(recovery.without(failure), Progress.NONE);
        } catch (RuntimeException e) {
            if (parts.isEmpty()) {
                end = e;
            }
            throw e;
        } finally {
            lock.unlockWrite(stamp);
        }
    }

    private void closeAll() {
        argMax.forEach(layer -> Release.of(layer::close));
        parts.reversed().forEach(part -> Release.of(part::close));
        argMax = List.of();
        parts = List.of();
    }

    /** Frees the compiled layers; the devices stay open. */
    @Override
    public void close() {
        if (end == null) {
            end = new IllegalStateException("the model has been closed");
        }
        closeAll();
    }
}
