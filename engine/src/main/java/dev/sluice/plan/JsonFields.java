package dev.sluice.plan;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.error.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one object in a JSON file, each of which must be known and of its kind. Every message names the file and
 * the field's place in it.
 */
final class JsonFields {
    private final String file;
    private final String path;
    private final JsonNode object;
    private final Set<String> known = new LinkedHashSet<>();

    private JsonFields(String file, String path, JsonNode object) {
        this.file = file;
        this.path = path;
        this.object = object;
    }

    /**
     * Reads a file's one object.
     *
     * @param read takes all fields; a {@link SluiceException} of a value's own checks is told with the file
     * @throws SluiceException if it cannot be read or is not as expected
     */
    static <T> T read(Path file, Function<JsonFields, T> read) {
        try {
            return read(file.toString(), Files.readString(file), read);
        } catch (IOException e) {
            throw new SluiceException(file + " cannot be read: " + e, e);
        }
    }

    static <T> T read(String file, String text, Function<JsonFields, T> read) {
        JsonNode root;
        try {
            root = new ObjectMapper()
                    .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                    .readTree(text);
        } catch (JsonProcessingException e) {
            throw new SluiceException(
                    file + " is no JSON: " + e.getOriginalMessage() + " (line "
                            + (e.getLocation() == null ? 1 : e.getLocation().getLineNr()) + ")",
                    e);
        }
        return new JsonFields(file, "", root).as(read);
    }

    private <T> T as(Function<JsonFields, T> read) {
        if (!object.isObject()) {
            throw new SluiceException(file + ": " + (path.isEmpty() ? "the file" : path) + " must be an object in {}");
        }
        T value;
        try {
            value = read.apply(this);
        } catch (Placed e) {
            throw e;
        } catch (SluiceException e) {
            throw new Placed(file + (path.isEmpty() ? "" : ": in " + path) + ": " + e.getMessage(), e);
        }
        object.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                throw new Placed(
                        file + ": " + place(name) + " is no known field; expected are " + String.join(", ", known),
                        null);
            }
        });
        return value;
    }

    boolean has(String name) {
        known.add(name);
        return object.hasNonNull(name);
    }

    String text(String name) {
        JsonNode node = get(name, "a text");
        if (!node.isTextual()) {
            throw wrong(name, "a text");
        }
        return node.textValue();
    }

    double number(String name) {
        JsonNode node = get(name, "a number");
        if (!node.isNumber()) {
            throw wrong(name, "a number");
        }
        return node.doubleValue();
    }

    /** An amount that may be written as 1e9. */
    long whole(String name) {
        double value = number(name);
        if (value != Math.rint(value) || Math.abs(value) >= 1e18) {
            throw wrong(name, "a whole number");
        }
        return (long) value;
    }

    int count(String name) {
        long value = whole(name);
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw wrong(name, "a number from 0 on");
        }
        return (int) value;
    }

    int count(String name, int otherwise) {
        return has(name) ? count(name) : otherwise;
    }

    boolean flag(String name) {
        JsonNode node = get(name, "true or false");
        if (!node.isBoolean()) {
            throw wrong(name, "true or false");
        }
        return node.booleanValue();
    }

    boolean flag(String name, boolean otherwise) {
        return has(name) ? flag(name) : otherwise;
    }

    <T> T object(String name, Function<JsonFields, T> read) {
        return new JsonFields(file, place(name), get(name, "an object")).as(read);
    }

    <T> List<T> list(String name, Function<JsonFields, T> read) {
        JsonNode node = get(name, "a list");
        if (!node.isArray()) {
            throw wrong(name, "a list in []");
        }
        List<T> all = new ArrayList<>();
        for (JsonNode item : node) {
            all.add(new JsonFields(file, place(name) + "[" + all.size() + "]", item).as(read));
        }
        return all;
    }

    /** The names of an object whose fields are the user's to choose; each is then {@link #object read}. */
    List<String> names() {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** For a field that is there, but is not what it must be. */
    SluiceException wrong(String name, String expected) {
        return new Placed(file + ": " + place(name) + " must be " + expected + ", not " + object.get(name), null);
    }

    private JsonNode get(String name, String expected) {
        known.add(name);
        JsonNode node = object.get(name);
        if (node == null || node.isNull()) {
            throw new Placed(file + ": " + place(name) + " is missing; expected is " + expected, null);
        }
        return node;
    }

    private String place(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** A message that names file and field already. */
    private static final class Placed extends SluiceException {
        private static final long serialVersionUID = 1L;

        Placed(String message, @Nullable Throwable cause) {
            super(message);
            if (cause != null) {
                initCause(cause);
            }
        }
    }
}
