package dev.sluice.formats;

import dev.sluice.error.SluiceException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The typed, read-only key-value view of a model file. Every accessor throws a {@link SluiceException} that names the
 * file, the key, the expected and the found type; a fallback stands in for an absent key only, never for a wrong type.
 */
public final class Metadata {
    private final String source;
    private final Map<String, Object> values;

    /**
     * A view of already typed values.
     *
     * @param source the file, for messages
     * @param values in file order: {@code String}, {@code Boolean}, {@code Long} (every integer type),
     *     {@code BigInteger} (an unsigned integer that exceeds a {@code Long}), {@code Float}, {@code Double},
     *     {@link ArrayValue}
     */
    public Metadata(String source, Map<String, Object> values) {
        this.source = source;
        this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** Whether the file has the key. */
    public boolean has(String key) {
        return values.containsKey(key);
    }

    /** All keys in file order. */
    public Set<String> keys() {
        return values.keySet();
    }

    /**
     * The value as the file has it: {@code String}, {@code Boolean}, {@code Long}, {@code BigInteger}, {@code Float},
     * {@code Double}, or the array that {@link ArrayValue#decode()} describes.
     */
    public Object raw(String key) {
        Object value = required(key);
        return value instanceof ArrayValue array ? array.decode() : value;
    }

    /** The value's type in words, such as {@code array of 262144 strings}. */
    public String typeOf(String key) {
        return typeName(required(key));
    }

    /** Whether the key is present and holds an array. */
    public boolean isArray(String key) {
        return values.get(key) instanceof ArrayValue;
    }

    /** The number of elements of an array, without decoding it. */
    public int length(String key) {
        return array(key, "an array").length();
    }

    /** A text value. */
    public String string(String key) {
        if (required(key) instanceof String text) {
            return text;
        }
        throw wrong(key, "a string");
    }

    /** A text value, or the fallback if the key is absent. */
    public String string(String key, String fallback) {
        return has(key) ? string(key) : fallback;
    }

    /** A text value, if the key is present. */
    public Optional<String> findString(String key) {
        return has(key) ? Optional.of(string(key)) : Optional.empty();
    }

    /** An integer value of any width that fits 32 bits. */
    public int integer(String key) {
        return narrow(key, longInteger(key));
    }

    /** An integer value of any width that fits 32 bits, or the fallback if the key is absent. */
    public int integer(String key, int fallback) {
        return has(key) ? integer(key) : fallback;
    }

    /** An integer value of any width that fits 64 bits. */
    public long longInteger(String key) {
        if (required(key) instanceof Long number) {
            return number;
        }
        throw wrong(key, "an integer");
    }

    /** A number: a float, a double rounded to a float, or an integer. */
    public float real(String key) {
        return switch (required(key)) {
            case Float number -> number;
            case Double number -> number.floatValue();
            case Long number -> number.floatValue();
            default -> throw wrong(key, "a number");
        };
    }

    /** A number as {@link #real(String)}, or the fallback if the key is absent. */
    public float real(String key, float fallback) {
        return has(key) ? real(key) : fallback;
    }

    /** A truth value, or the fallback if the key is absent. */
    public boolean flag(String key, boolean fallback) {
        if (!has(key)) {
            return fallback;
        }
        if (required(key) instanceof Boolean flag) {
            return flag;
        }
        throw wrong(key, "a boolean");
    }

    /** An array of text values, decoded anew at each call. */
    public String[] strings(String key) {
        String expected = "an array of strings";
        if (array(key, expected).decode() instanceof String[] texts) {
            return texts;
        }
        throw wrong(key, expected);
    }

    /** An array of numbers of any type. */
    public float[] reals(String key) {
        String expected = "an array of numbers";
        return switch (array(key, expected).decode()) {
            case float[] numbers -> numbers;
            case double[] numbers -> {
                float[] narrowed = new float[numbers.length];
                for (int i = 0; i < narrowed.length; i++) {
                    narrowed[i] = (float) numbers[i];
                }
                yield narrowed;
            }
            case long[] numbers -> {
                float[] converted = new float[numbers.length];
                for (int i = 0; i < converted.length; i++) {
                    converted[i] = numbers[i];
                }
                yield converted;
            }
            default -> throw wrong(key, expected);
        };
    }

    /** An array of integers of any width whose elements fit 32 bits. */
    public int[] integers(String key) {
        String expected = "an array of integers";
        if (!(array(key, expected).decode() instanceof long[] numbers)) {
            throw wrong(key, expected);
        }
        int[] narrowed = new int[numbers.length];
        for (int i = 0; i < narrowed.length; i++) {
            narrowed[i] = narrow(key, numbers[i]);
        }
        return narrowed;
    }

    /** An array of truth values. */
    public boolean[] flags(String key) {
        String expected = "an array of booleans";
        if (array(key, expected).decode() instanceof boolean[] flags) {
            return flags;
        }
        throw wrong(key, expected);
    }

    /**
     * An integer per layer: a scalar stands for every layer, an array must have exactly one entry for each.
     *
     * @param layers the number of layers, not negative
     */
    public int[] integersPerLayer(String key, int layers) {
        if (isArray(key)) {
            int[] perLayer = integers(key);
            if (perLayer.length != layers) {
                throw new SluiceException("%s: key '%s' has %d entries but the model has %d layers"
                        .formatted(source, key, perLayer.length, layers));
            }
            return perLayer;
        }
        int[] perLayer = new int[layers];
        Arrays.fill(perLayer, integer(key));
        return perLayer;
    }

    /** An integer per layer as {@link #integersPerLayer(String, int)}, the fallback for all if the key is absent. */
    public int[] integersPerLayer(String key, int layers, int fallback) {
        if (has(key)) {
            return integersPerLayer(key, layers);
        }
        int[] perLayer = new int[layers];
        Arrays.fill(perLayer, fallback);
        return perLayer;
    }

    private Object required(String key) {
        Object value = values.get(key);
        if (value == null) {
            throw new SluiceException("%s: key '%s' is missing".formatted(source, key));
        }
        return value;
    }

    private ArrayValue array(String key, String expected) {
        if (required(key) instanceof ArrayValue array) {
            return array;
        }
        throw wrong(key, expected);
    }

    private int narrow(String key, long value) {
        if (value != (int) value) {
            throw new SluiceException(
                    "%s: key '%s' has the value %d, which does not fit 32 bits".formatted(source, key, value));
        }
        return (int) value;
    }

    private SluiceException wrong(String key, String expected) {
        return new SluiceException(
                "%s: key '%s' should be %s but is %s".formatted(source, key, expected, typeName(required(key))));
    }

    private static String typeName(Object value) {
        return switch (value) {
            case String text -> "a string";
            case Boolean flag -> "a boolean";
            case Long number -> "an integer";
            case BigInteger number -> "an integer of more than 63 bits";
            case Float number -> "a 32-bit float";
            case Double number -> "a 64-bit float";
            case ArrayValue array -> "an array of " + array.length() + " " + array.elementName();
            default -> value.getClass().getSimpleName();
        };
    }
}
