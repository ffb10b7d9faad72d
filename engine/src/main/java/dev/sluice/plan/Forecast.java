package dev.sluice.plan;

import dev.sluice.backend.KvType;
import dev.sluice.error.SluiceException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** How long a placement that is given takes, by the formulas that plans are made with: what is to stand beside a measurement. */
public final class Forecast {
    private final Problem problem;
    private final List<StageLayout> layouts = new ArrayList<>();
    private final int hostRows;

    /**
     * Layers on devices.
     *
     * @param hardware has a profile of each of the devices
     * @param layers for each layer of the model its place, in order
     * @param hostRows up to how many rows of a step the CPU computes halves of layers
     * @throws SluiceException if the hardware lacks a device
     */
    public Forecast(ModelShape model, Hardware hardware, KvType kv, List<Placement> layers, int hostRows) {
        this.hostRows = hostRows;
        if (layers.size() != model.layers().size()) {
            throw new IllegalArgumentException(
                    layers.size() + " of " + model.layers().size() + " layers");
        }
        problem = new Problem(
                model,
                hardware,
                PlanRequest.DEFAULT
                        .withContext(model.contextLength())
                        .withDepth(0)
                        .withKv(kv));
        for (int from = 0; from < layers.size(); ) {
            int to = from + 1;
            while (to < layers.size()
                    && layers.get(to).device().equals(layers.get(from).device())) {
                to++;
            }
            add(from, layers.subList(from, to));
            from = to;
        }
    }

    /**
     * Consecutive layers, all of whose weights are in the memory of their device.
     *
     * @param device id
     * @param count of layers
     */
    public record Share(String device, int count) {}

    /** Places for all layers of a model, in the order of the shares. */
    public static List<Placement> resident(ModelShape model, List<Share> shares) {
        List<Placement> layers = new ArrayList<>();
        for (Share share : shares) {
            for (int i = 0; i < share.count(); i++) {
                layers.add(Placement.of(model.layers().get(layers.size()).name(), share.device(), Residency.RESIDENT));
            }
        }
        return layers;
    }

    private void add(int from, List<Placement> layers) {
        int device = problem.hardware.indexOf(layers.getFirst().device(), "a placement");
        boolean hostMemory = problem.hardware.devices().get(device).hostMemory();
        List<Residency> dense = new ArrayList<>();
        List<Residency> experts = new ArrayList<>(Collections.nCopies(layers.size(), Residency.RESIDENT));
        Set<Integer> halved = new HashSet<>();
        for (int i = 0; i < layers.size(); i++) {
            Placement layer = layers.get(i);
            dense.add(layer.residency() == Residency.STREAMED ? Residency.STREAMED : Residency.RESIDENT);
            Residency own = layer.experts();
            if (own != null && !(own == Residency.HOST && hostMemory)) {
                experts.set(i, own);
            }
            if (layer.halved()) {
                halved.add(from + i);
            }
        }
        if (!halved.isEmpty() && problem.cpu < 0) {
            throw new SluiceException("there is no profile of cpu, which computes a part of "
                    + layers.getFirst().layer() + " to " + layers.getLast().layer());
        }
        int parts = from + layers.size() == problem.model.layers().size() ? problem.model.headSlices() : 1;
        double streamed = layers.getLast().streamed();
        int ofLast = streamed == 0 ? 0 : (int) Math.max(1, Math.round(parts * streamed));
        layouts.add(new StageLayout(device, from, dense, experts, ofLast, halved));
    }

    /**
     * A stage of the placement.
     *
     * @param device id of the device
     * @param layers how many it computes
     * @param bytes of their weights, those included that are not in its memory
     * @param seconds that it takes
     */
    public record Part(String device, int layers, long bytes, double seconds) {}

    /**
     * A step that decodes.
     *
     * @param sequences a token of each
     * @param depth tokens in each one's context
     */
    public List<Part> decode(int sequences, double depth) {
        return step(Load.decode(sequences, depth), sequences, true);
    }

    /**
     * A prompt that is read.
     *
     * @param parts what each stage takes of it
     * @param seconds from its beginning to its logits: less than the sum of the parts where stages work at the same time
     */
    public record Prompt(List<Part> parts, double seconds) {}

    /**
     * A prompt, read in steps.
     *
     * @param steps the tokens of each one's micro-batches, which follow one another through the stages
     * @param position tokens in the context before
     */
    public Prompt prompt(List<List<Integer>> steps, int position) {
        Flow flow = new Flow(layouts.size());
        int done = 0;
        for (int i = 0; i < steps.size(); i++) {
            List<Load> loads = new ArrayList<>();
            for (int tokens : steps.get(i)) {
                loads.add(new Load(1, tokens, position + done + (tokens + 1) / 2.0));
                done += tokens;
            }
            step(flow, loads, 1, i == steps.size() - 1);
        }
        List<Part> parts = new ArrayList<>();
        for (Part part : decode(1, 0)) {
            parts.add(new Part(part.device(), part.layers(), part.bytes(), flow.busy(parts.size())));
        }
        return new Prompt(parts, flow.seconds());
    }

    /**
     * Seconds of a step that decodes, whose sequences go through the stages in groups that follow one another.
     *
     * @param groups sequences of each
     * @param depth tokens in each one's context
     */
    public double decodeSeconds(List<Integer> groups, double depth) {
        Flow flow = new Flow(layouts.size());
        int sequences = groups.stream().mapToInt(group -> group).sum();
        step(flow, groups.stream().map(group -> Load.decode(group, depth)).toList(), sequences, true);
        return flow.seconds();
    }

    /** Seconds of stages that follow one another. */
    public static double seconds(List<Part> parts) {
        return parts.stream().mapToDouble(Part::seconds).sum();
    }

    private List<Part> step(Load load, int sequences, boolean logits) {
        List<Part> parts = new ArrayList<>();
        for (int s = 0; s < layouts.size(); s++) {
            StageLayout layout = layouts.get(s);
            StageModel model = new StageModel(problem, layout.device(), load, sequences);
            StageUse use = use(model, s, load.rows(), logits);
            parts.add(new Part(
                    model.device.id(), layout.dense().size(), bytes(model, layout), use == null ? 0 : use.seconds()));
        }
        return parts;
    }

    /** The micro-batches of a step; the last has logits, if any. */
    private void step(Flow flow, List<Load> loads, int sequences, boolean logits) {
        flow.begin(loads.size());
        boolean decode = loads.getFirst().tokens() == 1;
        double rows = loads.stream().mapToDouble(Load::rows).sum();
        for (int s = 0; s < layouts.size(); s++) {
            List<@Nullable StageUse> uses = new ArrayList<>();
            for (int k = 0; k < loads.size(); k++) {
                StageModel model = new StageModel(problem, layouts.get(s).device(), loads.get(k), sequences);
                uses.add(use(model, s, rows, logits && (decode || k == loads.size() - 1)));
            }
            flow.stage(s, uses, !layouts.get(s).streamed().isEmpty());
        }
    }

    /** What a stage takes in a step of so many rows; null if nothing, as without logits the head, which is the last layer, has nothing to do. */
    private @Nullable StageUse use(StageModel model, int s, double rows, boolean logits) {
        StageLayout layout = rows <= hostRows ? layouts.get(s) : layouts.get(s).withHalved(Set.of());
        int to = logits || s < layouts.size() - 1 ? layout.to() : layout.to() - 1;
        if (to == layout.from()) {
            return null;
        }
        StageUse use = model.useAnyway(layout.from(), to, layout.away(model, problem.model));
        return use.withCopy(Math.max(use.copy(), ringSeconds(model, layout, to) - use.hop()));
    }

    /** What a step takes where copies wait for slots; 0 where nothing is streamed, or experts are elsewhere. */
    private double ringSeconds(StageModel model, StageLayout layout, int to) {
        LinkProfile link = model.device.link();
        if (link == null
                || layout.streamed().isEmpty()
                || layout.experts().stream().anyMatch(place -> place != Residency.RESIDENT)) {
            return 0;
        }
        List<Double> compute = new ArrayList<>();
        List<Double> copy = new ArrayList<>();
        for (int i = layout.from(); i < to; i++) {
            boolean halved = layout.halved().contains(i);
            double onCpu = halved ? model.halfOnCpu(i) : 0;
            double bytes =
                    layout.dense().get(i - layout.from()) == Residency.STREAMED ? (double) model.partBytes(i) : 0;
            if (model.parts(i) > 1) {
                parts(
                        compute,
                        copy,
                        model.computing(i),
                        bytes / link.pinnedComputing(),
                        model.parts(i),
                        layout.ofLast());
                continue;
            }
            if (halved) {
                bytes -= problem.model.layers().get(i).feedForwardBytes();
            }
            compute.add(model.computing(i) + (halved ? model.halfDelta(i) - onCpu : 0));
            copy.add(bytes / link.pinnedComputing());
            if (halved) {
                compute.add(onCpu);
                copy.add(0.0);
            }
        }
        return SlotRing.seconds(array(compute), array(copy), problem.request.slots(), model.device.hopSeconds());
    }

    /** So many parts of a layer, some of which are streamed. */
    private static void parts(
            List<Double> compute, List<Double> copy, double seconds, double copySeconds, int count, int streamed) {
        Set<Integer> chosen =
                StreamChoice.spread(IntStream.range(0, count).boxed().toList(), streamed);
        for (int part = 0; part < count; part++) {
            compute.add(seconds / count);
            copy.add(chosen.contains(part) ? copySeconds : 0);
        }
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private long bytes(StageModel model, StageLayout layout) {
        long bytes = 0;
        for (int i = layout.from(); i < layout.to(); i++) {
            bytes += model.denseBytes(layout.from(), i)
                    + problem.model.layers().get(i).expertBytes();
        }
        return bytes;
    }
}
