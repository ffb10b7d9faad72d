package dev.sluice.plan;

import dev.sluice.backend.KvType;
import dev.sluice.graph.Layer;

/**
 * Seconds that a device takes for a part of a layer, by what bounds them.
 *
 * @param memory reading weights and KV caches
 * @param arithmetic where that takes longer than reading
 * @param launch starting it all
 */
record LayerCost(double memory, double arithmetic, double launch) {
    static final LayerCost NONE = new LayerCost(0, 0, 0);

    double seconds() {
        return memory + arithmetic + launch;
    }

    LayerCost plus(LayerCost other) {
        return new LayerCost(memory + other.memory, arithmetic + other.arithmetic, launch + other.launch);
    }

    LayerCost times(double factor) {
        return new LayerCost(memory * factor, arithmetic * factor, launch * factor);
    }

    /** The matrices that every token needs. */
    static LayerCost products(DeviceProfile device, LayerShape layer, Load load) {
        if (layer.kind() == Layer.Kind.EMBEDDING) {
            return NONE; // some rows of the table
        }
        double rows = layer.kind() == Layer.Kind.HEAD ? load.sequences() : load.rows();
        LayerCost cost = NONE;
        for (WeightPart part : layer.weights()) {
            FormatRate rate =
                    layer.kind() == Layer.Kind.HEAD ? device.headRate(part.format()) : device.rate(part.format());
            cost = cost.plus(product(rate, part, 1, rows));
        }
        return cost;
    }

    /** Those of them that are in the feed-forward half. */
    static LayerCost feedForward(DeviceProfile device, LayerShape layer, Load load) {
        LayerCost cost = NONE;
        for (WeightPart part : layer.feedForward()) {
            cost = cost.plus(product(device.rate(part.format()), part, 1, load.rows()));
        }
        return cost;
    }

    /** What is left of a layer without matrices: attention, vectors, launches. */
    static LayerCost rest(DeviceProfile device, LayerShape layer, Load load, KvType kv) {
        if (layer.kind() == Layer.Kind.EMBEDDING) {
            return NONE; // one launch, which the hop counts
        }
        LayerCost cost = new LayerCost(layer.vectorBytes() / device.kvBytesPerSecond(), 0, device.launchSeconds());
        if (layer.kind() == Layer.Kind.HEAD) {
            // Each sequence chooses among the rows of the head.
            long logits = layer.weights().stream().mapToLong(WeightPart::rows).sum();
            cost = cost.plus(new LayerCost(0, load.sequences() * logits * device.choiceSeconds(), 0));
        }
        AttentionShape attention = layer.attention();
        if (attention != null) {
            double seen = attention.seen(load.seen());
            double read = load.sequences() * seen * attention.bytesPerToken(kv) / device.kvBytesPerSecond();
            double computed = load.rows() * seen * attention.flopsPerPosition() / device.attentionFlops();
            cost = cost.plus(read >= computed ? new LayerCost(read, 0, 0) : new LayerCost(0, computed, 0));
        }
        return cost;
    }

    /** The experts that the tokens of the step choose. */
    static LayerCost experts(DeviceProfile device, ExpertShape experts, Load load) {
        double distinct = experts.distinct(load.rows());
        double rows = load.rows() * experts.used() / distinct;
        WeightPart each = experts.each();
        return product(device.rate(each.format()), each, distinct, rows);
    }

    /** Bytes of weights and KV caches that a step reads of a layer, its experts excluded. */
    static double bytesRead(LayerShape layer, Load load, KvType kv) {
        AttentionShape attention = layer.attention();
        double cached =
                attention == null ? 0 : load.sequences() * attention.seen(load.seen()) * attention.bytesPerToken(kv);
        return cached + (layer.kind() == Layer.Kind.EMBEDDING ? 0 : layer.denseBytes());
    }

    private static LayerCost product(FormatRate rate, WeightPart part, double times, double tokens) {
        double elements = times * part.elements();
        double seconds = rate.seconds(times * part.bytes(), elements, part.columns(), tokens);
        return rate.arithmeticSeconds(elements, part.columns(), tokens) >= seconds
                ? new LayerCost(0, seconds, 0)
                : new LayerCost(seconds, 0, 0);
    }
}
