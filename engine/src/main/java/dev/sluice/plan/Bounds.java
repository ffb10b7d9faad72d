package dev.sluice.plan;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Finds what a step of a chain spends most of its time on. */
final class Bounds {
    private final Problem problem;
    private final Chain chain;
    private final List<StageModel> models;

    Bounds(Problem problem, Chain chain, List<StageModel> models) {
        this.problem = problem;
        this.chain = chain;
        this.models = models;
    }

    Bottleneck bottleneck() {
        HostProfile host = problem.hardware.host();
        boolean pipelined = chain.microBatches() > 1;
        double interval = Chain.interval(chain.uses(), pipelined, host);
        if (Chain.diskSeconds(chain.uses(), host) >= interval) {
            return new Bottleneck(Bottleneck.Kind.DISK, "host", 1);
        }
        if (pipelined && Chain.hostSeconds(chain.uses(), host) >= interval) {
            return new Bottleneck(Bottleneck.Kind.HOST_MEMORY, "host", 1);
        }
        Bottleneck most = new Bottleneck(Bottleneck.Kind.LATENCY, "host", 0);
        for (int s = 0; s < models.size(); s++) {
            Bottleneck own = ofStage(s, interval);
            most = own.share() > most.share() ? own : most;
        }
        return most;
    }

    private Bottleneck ofStage(int s, double interval) {
        StageUse use = chain.uses().get(s);
        String device = models.get(s).device.id();
        double share = (use.seconds() - use.hop()) / interval;
        if (use.hostTime() >= use.compute() && use.hostTime() >= use.copy()) {
            return new Bottleneck(Bottleneck.Kind.HOST_MEMORY, "host", share);
        }
        if (use.copy() >= use.compute()) {
            return new Bottleneck(Bottleneck.Kind.LINK, device, share);
        }
        Map<Bottleneck.Kind, Double> parts = new EnumMap<>(Bottleneck.Kind.class);
        StageLayout layout = chain.layouts().get(s);
        LayerCost cost = LayerCost.NONE;
        for (int k = 0; k < layout.dense().size(); k++) {
            cost = cost.plus(
                    models.get(s).cost(layout.from() + k, layout.experts().get(k) != Residency.HOST));
        }
        for (int i : layout.halved()) {
            cost = cost.plus(models.get(s).half(i).times(-1));
        }
        double others = Math.max(0, use.compute() - cost.seconds()); // experts and halves on the CPU
        parts.put(Bottleneck.Kind.MEMORY, cost.memory());
        parts.put(Bottleneck.Kind.ARITHMETIC, cost.arithmetic());
        parts.put(Bottleneck.Kind.LATENCY, cost.launch() + use.hop());
        parts.put(Bottleneck.Kind.HOST_MEMORY, others);
        Map.Entry<Bottleneck.Kind, Double> largest =
                parts.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow();
        boolean ofHost = largest.getKey() == Bottleneck.Kind.HOST_MEMORY;
        return new Bottleneck(largest.getKey(), ofHost ? "host" : device, largest.getValue() / interval);
    }
}
