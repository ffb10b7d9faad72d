package dev.sluice.plan;

import dev.sluice.backend.KvType;
import dev.sluice.error.SluiceException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** How long a placement that is given takes, by the formulas that plans are made with: what is to stand beside a measurement. */
public final class Forecast {
    private final Problem problem;
    private final List<StageLayout> layouts = new ArrayList<>();
    private final List<Double> hostRows = new ArrayList<>();

    /**
     * Layers on devices.
     *
     * @param hardware has a profile of each of the devices
     * @param layers for each layer of the model its place, in order
     * @throws SluiceException if the hardware lacks a device
     */
    public Forecast(ModelShape model, Hardware hardware, KvType kv, List<Placement> layers) {
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
                layers.add(new Placement(
                        model.layers().get(layers.size()).name(), share.device(), Residency.RESIDENT, null, 0));
            }
        }
        return layers;
    }

    private void add(int from, List<Placement> layers) {
        int device = problem.hardware.indexOf(layers.getFirst().device(), "a placement");
        boolean hostMemory = problem.hardware.devices().get(device).hostMemory();
        List<Residency> dense = new ArrayList<>();
        List<Residency> experts = new ArrayList<>(Collections.nCopies(layers.size(), Residency.RESIDENT));
        double rows = 0;
        for (int i = 0; i < layers.size(); i++) {
            Placement layer = layers.get(i);
            dense.add(layer.residency() == Residency.STREAMED ? Residency.STREAMED : Residency.RESIDENT);
            Residency own = layer.experts();
            if (own != null && !(own == Residency.HOST && hostMemory)) {
                experts.set(i, own);
            }
            rows = Math.max(rows, layer.hostRows());
        }
        layouts.add(new StageLayout(device, from, dense, experts));
        hostRows.add(rows);
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
     * A prompt, read in steps.
     *
     * @param tokens of the prompt
     * @param stepTokens the most of a step
     * @param position tokens in the context before
     */
    public List<Part> prompt(int tokens, int stepTokens, int position) {
        List<Part> all = new ArrayList<>();
        for (int from = 0; from < tokens; from += stepTokens) {
            int count = Math.min(stepTokens, tokens - from);
            Load load = new Load(1, count, position + from + (count + 1) / 2.0);
            List<Part> step = step(load, 1, from + count == tokens);
            for (int i = 0; i < step.size(); i++) {
                if (from == 0) {
                    all.add(step.get(i));
                } else {
                    Part before = all.get(i);
                    all.set(
                            i,
                            new Part(
                                    before.device(),
                                    before.layers(),
                                    before.bytes(),
                                    before.seconds() + step.get(i).seconds()));
                }
            }
        }
        return all;
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
            // Without logits the head, which is the last layer, has nothing to do.
            int to = logits || s < layouts.size() - 1 ? layout.to() : layout.to() - 1;
            double seconds = to == layout.from() ? 0 : seconds(model, layout, to, hostRows.get(s));
            parts.add(new Part(model.device.id(), layout.dense().size(), bytes(model, layout), seconds));
        }
        return parts;
    }

    private double seconds(StageModel model, StageLayout layout, int to, double rows) {
        StageUse use = model.useAnyway(layout.from(), to, layout.away(model, problem.model));
        return (rows > 0 ? model.shared(use, layout.streamed(), rows) : use).seconds();
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
