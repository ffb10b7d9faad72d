package dev.sluice.plan;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;

/** A {@link Trial} as JSON, with a key for each device that tells whether it is still the same. */
final class TrialJson {
    private TrialJson() {}

    private record Entry(String device, String key, double rate) {}

    /** What it says about devices whose keys are these. */
    static Trial read(JsonFields in, Map<String, String> keys) {
        Map<String, Double> rates = new TreeMap<>();
        for (Entry entry : in.list("devices", TrialJson::entry)) {
            if (entry.key().equals(keys.get(entry.device()))) {
                rates.put(entry.device(), entry.rate());
            }
        }
        return new Trial(in.count("sequences"), in.count("depth"), rates);
    }

    private static Entry entry(JsonFields in) {
        return new Entry(in.text("id"), in.text("key"), in.number("tokens_per_second"));
    }

    static ObjectNode write(Trial trial, Map<String, String> keys, ObjectMapper mapper) {
        ObjectNode node = mapper.createObjectNode();
        node.put("sequences", trial.sequences());
        node.put("depth", trial.depth());
        ArrayNode devices = node.putArray("devices");
        new TreeMap<>(trial.tokensPerSecond())
                .forEach((id, rate) -> devices.addObject()
                        .put("id", id)
                        .put("key", keys.get(id))
                        .put("tokens_per_second", rate));
        return node;
    }
}
