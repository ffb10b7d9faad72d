package dev.sluice.plan;

import org.jspecify.annotations.Nullable;

/**
 * What consecutive layers cost on one device: the formulas that everything else stands on.
 *
 * <p>A stage takes max(computation, copies, host memory) + a hop (a longer one where other devices compute before it), since
 * copies run behind the computation. Its memory holds KV caches, activations, workspace, resident weights and, where anything is
 * streamed, {@code slots} times the largest piece.
 */
final class StageModel {
    final DeviceProfile device;
    private final Problem problem;
    private final Load load;
    private final int sequences;
    private final int headSlices;
    private final LayerCost[] own;
    private final LayerCost[] experts;
    private final double[] expertsOnCpu;
    private final LayerCost[] halves;
    private final double[] halvesOnCpu;
    private final double[] seconds;
    private final double[] read;
    private final long[] kv;
    private final long[] weights;
    private final long[] tied;

    /**
     * A device under a load.
     *
     * @param sequences whose KV caches it keeps
     */
    StageModel(Problem problem, int device, Load load, int sequences) {
        this.problem = problem;
        this.device = problem.hardware.devices().get(device);
        this.load = load;
        this.sequences = sequences;
        headSlices = problem.model.headSlices();
        int n = problem.model.layers().size();
        own = new LayerCost[n];
        experts = new LayerCost[n];
        expertsOnCpu = new double[n];
        halves = new LayerCost[n];
        halvesOnCpu = new double[n];
        seconds = new double[n + 1];
        read = new double[n + 1];
        kv = new long[n + 1];
        weights = new long[n + 1];
        tied = new long[n + 1];
        for (int i = 0; i < n; i++) {
            add(i);
        }
    }

    private void add(int i) {
        LayerShape layer = problem.model.layers().get(i);
        PlanRequest request = problem.request;
        own[i] = LayerCost.products(device, layer, load).plus(LayerCost.rest(device, layer, load, request.kv()));
        experts[i] = LayerCost.NONE;
        double bytes = LayerCost.bytesRead(layer, load, request.kv());
        ExpertShape shape = layer.experts();
        if (shape != null) {
            experts[i] = LayerCost.experts(device, shape, load);
            bytes += shape.distinct(load.rows()) * shape.each().bytes();
            if (problem.cpu >= 0) {
                DeviceProfile cpu = problem.hardware.devices().get(problem.cpu);
                expertsOnCpu[i] = LayerCost.experts(cpu, shape, load).seconds() + cpu.launchSeconds();
            }
        }
        halves[i] = LayerCost.feedForward(device, layer, load);
        if (problem.cpu >= 0) {
            DeviceProfile cpu = problem.hardware.devices().get(problem.cpu);
            halvesOnCpu[i] = LayerCost.feedForward(cpu, layer, load).seconds() + cpu.launchSeconds();
        }
        AttentionShape attention = layer.attention();
        long cache = attention == null ? 0 : attention.bytesPerToken(request.kv()) * problem.context * sequences;
        seconds[i + 1] = seconds[i] + own[i].seconds() + experts[i].seconds();
        read[i + 1] = read[i] + bytes;
        kv[i + 1] = kv[i] + cache;
        weights[i + 1] = weights[i] + layer.denseBytes() + layer.expertBytes();
        tied[i + 1] = tied[i] + layer.tiedBytes();
    }

    /** Bytes of a layer's own weights as this stage holds them. */
    long denseBytes(int from, int i) {
        LayerShape layer = problem.model.layers().get(i);
        return layer.denseBytes() - (from == 0 ? layer.tiedBytes() : 0);
    }

    /** Of how many parts, that come to slots one by one, a layer's own weights consist: the head of slices. */
    int parts(int i) {
        return i == own.length - 1 ? headSlices : 1;
    }

    /** Bytes of one of them; where they are streamed nothing is shared. */
    long partBytes(int i) {
        return problem.model.layers().get(i).denseBytes() / parts(i);
    }

    /** Seconds that the device computes a layer, experts included. */
    double computing(int i) {
        return seconds[i + 1] - seconds[i];
    }

    /** Bytes of the chosen experts. */
    double expertRead(int i) {
        ExpertShape shape = problem.model.layers().get(i).experts();
        return shape == null ? 0 : shape.distinct(load.rows()) * shape.each().bytes();
    }

    /** Seconds that a step takes longer, or less if negative, with a layer's experts on the CPU. */
    double expertDelta(int i) {
        return expertsOnCpu[i] + crossing() - experts[i].seconds();
    }

    /** Seconds of the CPU for a layer's experts. */
    double expertsOnCpu(int i) {
        return expertsOnCpu[i];
    }

    /** There and back between device and CPU, within a layer. */
    private double crossing() {
        return problem.cpu < 0
                ? 0
                : device.hopSeconds()
                        + problem.hardware.devices().get(problem.cpu).hopSeconds();
    }

    boolean canStream(int from, int i) {
        boolean shared = from == 0 && problem.model.layers().get(i).tiedBytes() > 0;
        return device.link() != null && i > 0 && !shared && !problem.residentOnly[i] && partBytes(i) > 0;
    }

    boolean canStreamExperts(int i) {
        return device.link() != null && !problem.residentOnly[i];
    }

    boolean canHostExperts(int i) {
        return problem.cpu >= 0 && !device.onProcessor() && !problem.residentOnly[i];
    }

    /** What the stage takes of the device's memory. */
    DeviceBytes bytes(int from, int to, Away away) {
        // Of two micro-batches, with those that arrive from the device before.
        long activations = (from == 0 ? 2L : 4L) * Float.BYTES * rows() * problem.model.embedding();
        if (to == problem.model.layers().size()) {
            activations += (long) Float.BYTES * sequences * problem.model.vocabulary();
        }
        int widest = 0;
        for (int i = from; i < to; i++) {
            widest = Math.max(widest, problem.model.layers().get(i).scratchWidth());
        }
        long resident = weights[to] - weights[from] - away.bytes();
        if (from == 0) {
            resident -= tied[to];
        }
        return new DeviceBytes(
                device.id(),
                resident,
                kv[to] - kv[from],
                activations,
                staging(away),
                Float.BYTES * rows() * widest,
                device.memoryBytes());
    }

    private long rows() {
        return Math.max(problem.request.promptTokens(), sequences);
    }

    /** Bytes of the slots for what is streamed. */
    private long staging(Away away) {
        return problem.request.slots() * (long) Math.ceil(away.largest());
    }

    /** What the stage takes, or null if it does not fit into the device's memory. */
    @Nullable
    StageUse use(int from, int to, Away away) {
        return use(from, to, away, bytes(from, to, Away.NOTHING).total());
    }

    /**
     * As {@link #use(int, int, Away)}.
     *
     * @param all bytes of the stage with all weights resident
     */
    @Nullable
    StageUse use(int from, int to, Away away, long all) {
        long total = total(away, all);
        return total > device.memoryBytes() ? null : useOf(from, to, away, total);
    }

    /** Bytes that the stage takes. */
    long total(Away away, long all) {
        return all - away.bytes() + staging(away);
    }

    /** What the stage takes beside its device's memory, whether it fits there or not. */
    StageUse useAnyway(int from, int to, Away away) {
        return useOf(from, to, away, bytes(from, to, away).total());
    }

    private StageUse useOf(int from, int to, Away away, long total) {
        double compute = seconds[to] - seconds[from] + away.delay();
        LinkProfile link = device.link();
        double copy = link == null ? 0 : away.streamed() / link.pinnedComputing();
        double fromHost = away.hosted() + away.streamed() + away.copied();
        if (device.hostMemory()) {
            fromHost += read[to] - read[from] + away.streamed(); // a copy is read and written
        }
        boolean alone = from == 0 && to == problem.model.layers().size();
        double hop = alone ? device.hopSeconds() : device.restedHopSeconds();
        double hostTime = fromHost / problem.hardware.host().readBytesPerSecond();
        double own = Math.max(compute, Math.max(copy, hostTime)) + hop;
        return new StageUse(
                compute,
                copy,
                hostTime,
                hop,
                fromHost,
                device.onProcessor() ? own : away.cpu(),
                (double) (device.hostMemory() ? total : staging(away) + away.copied()),
                (double) away.bytes(),
                away.streamed() + away.hosted());
    }

    /** Seconds of the CPU for the feed-forward half of a layer. */
    double halfOnCpu(int i) {
        return halvesOnCpu[i];
    }

    /** Seconds that a step takes longer, or less if negative, with that half on the CPU: the two work in turn. */
    double halfDelta(int i) {
        return halvesOnCpu[i] + crossing() - halves[i].seconds();
    }

    /** What the feed-forward half of a layer takes of this device. */
    LayerCost half(int i) {
        return halves[i];
    }

    /** Whether the CPU may compute the feed-forward half of a layer that is streamed. */
    boolean canHalve(int i) {
        return problem.cpu >= 0
                && !device.onProcessor()
                && !device.hostMemory()
                && problem.model.layers().get(i).feedForwardBytes() > 0;
    }

    /** What the layers' own work consists of, experts included unless the CPU has them. */
    LayerCost cost(int i, boolean withExperts) {
        return withExperts ? own[i].plus(experts[i]) : own[i];
    }
}
