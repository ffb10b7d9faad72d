package dev.sluice.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;

/** A plan as JSON, for programs. */
public final class PlanJson {
    private static final String CPU = "cpu";

    private PlanJson() {}

    /**
     * Writes a plan.
     *
     * @param hardware that it was made for
     */
    public static String write(Plan plan, Hardware hardware) {
        ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        ObjectNode root = mapper.createObjectNode();
        root.put("model", plan.model());
        root.put("hardware", hardware.name());
        root.put("source", hardware.source());
        root.put("objective", name(plan.objective()));
        root.put("batch", plan.batch());
        root.put("micro_batches", plan.microBatches());
        root.put("context", plan.context());
        root.put("depth", plan.depth());
        root.put("kv", name(plan.kv()));
        root.put("slots", plan.slots());
        ArrayNode layers = root.putArray("layers");
        plan.layers().forEach(layer -> placement(layers.addObject(), layer));
        ArrayNode stages = root.putArray("stages");
        for (Stage stage : plan.stages()) {
            stages.addObject()
                    .put("device", stage.device())
                    .put("from", stage.from())
                    .put("to", stage.to())
                    .put("seconds", stage.seconds())
                    .put("compute_seconds", stage.computeSeconds())
                    .put("copy_seconds", stage.copySeconds())
                    .put("host_memory_seconds", stage.hostSeconds())
                    .put("hop_seconds", stage.hopSeconds());
        }
        ArrayNode memory = root.putArray("memory");
        for (DeviceBytes bytes : plan.memory()) {
            memory.addObject()
                    .put("device", bytes.device())
                    .put("weights", bytes.weights())
                    .put("kv", bytes.kv())
                    .put("activations", bytes.activations())
                    .put("staging", bytes.staging())
                    .put("workspace", bytes.workspace())
                    .put("total", bytes.total())
                    .put("budget", bytes.budget());
        }
        root.put("disk_bytes", plan.fromDisk());
        speed(root.putObject("decode"), plan.decode());
        speed(root.putObject("prefill"), plan.prefill());
        ArrayNode lifts = root.putArray("lifts");
        for (Lift lift : plan.lifts()) {
            lifts.addObject()
                    .put("change", lift.change())
                    .put("decode_tokens_per_second", lift.decode())
                    .put("gain", lift.gain());
        }
        try {
            return mapper.writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void placement(ObjectNode node, Placement layer) {
        node.put("layer", layer.layer());
        node.put("device", layer.device());
        node.put("residency", name(layer.residency()));
        if (layer.streamed() > 0 && layer.streamed() < 1) {
            node.put("streamed", layer.streamed());
        }
        Residency experts = layer.experts();
        if (experts != null) {
            node.put("experts", name(experts));
        }
        if (layer.halved()) {
            node.put("feed_forward", CPU);
        }
    }

    private static void speed(ObjectNode node, Speed speed) {
        node.put("tokens_per_second", speed.tokensPerSecond());
        node.put("seconds", speed.seconds());
        Bottleneck bottleneck = speed.bottleneck();
        node.putObject("bottleneck")
                .put("kind", name(bottleneck.kind()))
                .put("device", bottleneck.device())
                .put("share", bottleneck.share())
                .put("text", bottleneck.text());
    }

    private static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
