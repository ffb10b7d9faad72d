package dev.sluice.backend.opencl;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Tuning tables as JSON: {@code {"version": 1, …, "choices": {KEY: {"values": {KNOB: VALUE, …}, "speed_up": 1.2, "kernels":
 * "…"}, …}}}; other members are for people. Read and written token by token: Jackson's object mapper takes longer to start
 * than a small model to load.
 */
final class TuningFile {
    static final int VERSION = 1;

    private static final JsonFactory JSON = new JsonFactory();

    private TuningFile() {}

    /**
     * Reads a table.
     *
     * @throws IOException if it is damaged, of another version, or has values that no device can
     */
    static TuningTable read(InputStream in) throws IOException {
        try (JsonParser json = JSON.createParser(in)) {
            TuningTable table = object(json);
            if (json.nextToken() != null) {
                throw new IOException("there is more behind its end");
            }
            return table;
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static TuningTable object(JsonParser json) throws IOException {
        expect(json.nextToken(), JsonToken.START_OBJECT);
        boolean version = false;
        Map<String, TuningTable.Choice> choices = new LinkedHashMap<>();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            if (name.equals("version")) {
                version = value == JsonToken.VALUE_NUMBER_INT && json.getIntValue() == VERSION;
            } else if (name.equals("choices")) {
                expect(value, JsonToken.START_OBJECT);
                while (json.nextToken() == JsonToken.FIELD_NAME) {
                    String key = json.currentName();
                    choices.put(key, choice(json));
                }
                expect(json.currentToken(), JsonToken.END_OBJECT);
            } else {
                json.skipChildren();
            }
        }
        expect(json.currentToken(), JsonToken.END_OBJECT);
        if (!version) {
            throw new IOException("it is not of version " + VERSION);
        }
        return new TuningTable(choices);
    }

    private static TuningTable.Choice choice(JsonParser json) throws IOException {
        expect(json.nextToken(), JsonToken.START_OBJECT);
        Map<Knob, Integer> values = new LinkedHashMap<>();
        double speedUp = 1;
        String kernels = "";
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            switch (name) {
                case "values" -> {
                    expect(value, JsonToken.START_OBJECT);
                    while (json.nextToken() == JsonToken.FIELD_NAME) {
                        Knob knob = knob(json.currentName());
                        json.nextToken();
                        values.put(knob, knob.parse(json.getValueAsString("")));
                    }
                    expect(json.currentToken(), JsonToken.END_OBJECT);
                }
                case "speed_up" -> speedUp = json.getDoubleValue();
                case "kernels" -> kernels = json.getValueAsString("");
                default -> json.skipChildren();
            }
        }
        expect(json.currentToken(), JsonToken.END_OBJECT);
        return new TuningTable.Choice(values, speedUp, kernels);
    }

    private static Knob knob(String label) {
        return Arrays.stream(Knob.values())
                .filter(k -> k.label().equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no parameter " + label));
    }

    private static void expect(@org.jspecify.annotations.Nullable JsonToken actual, JsonToken wanted)
            throws IOException {
        if (actual != wanted) {
            throw new IOException("there is " + actual + " where " + wanted + " should be");
        }
    }

    /** Writes a table; {@code about} says for people what it is of. */
    static void write(OutputStream out, Map<String, String> about, TuningTable table) throws IOException {
        try (JsonGenerator json = JSON.createGenerator(out).useDefaultPrettyPrinter()) {
            json.writeStartObject();
            json.writeNumberField("version", VERSION);
            for (Map.Entry<String, String> fact : about.entrySet()) {
                json.writeStringField(fact.getKey(), fact.getValue());
            }
            json.writeObjectFieldStart("choices");
            for (Map.Entry<String, TuningTable.Choice> entry : table.choices().entrySet()) {
                TuningTable.Choice choice = entry.getValue();
                json.writeObjectFieldStart(entry.getKey());
                json.writeObjectFieldStart("values");
                for (Map.Entry<Knob, Integer> value : choice.values().entrySet()) {
                    Knob knob = value.getKey();
                    json.writeStringField(knob.label(), knob.text(value.getValue()));
                }
                json.writeEndObject();
                json.writeNumberField("speed_up", Math.round(choice.speedUp() * 1000) / 1000.0);
                json.writeStringField("kernels", choice.kernels());
                json.writeEndObject();
            }
            json.writeEndObject();
            json.writeEndObject();
        }
    }
}
