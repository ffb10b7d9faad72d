package dev.sluice.formats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.error.SluiceException;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class MetadataTest {
    private record Decoded(int length, String elementName, Object decode) implements ArrayValue {}

    private final Metadata meta = new Metadata(
            "m.gguf",
            Map.of(
                    "text",
                    "t",
                    "number",
                    7L,
                    "wide",
                    5_000_000_000L,
                    "wider",
                    new BigInteger("18446744073709551615"),
                    "real",
                    0.5f,
                    "double",
                    0.25,
                    "flag",
                    true,
                    "texts",
                    new Decoded(2, "strings", new String[] {"a", "b"}),
                    "numbers",
                    new Decoded(2, "32-bit integers", new long[] {3, 4}),
                    "wides",
                    new Decoded(1, "64-bit integers", new long[] {5_000_000_000L})));

    private static void assertMessage(String expected, Executable access) {
        assertEquals(expected, assertThrows(SluiceException.class, access).getMessage());
    }

    @Test
    void fallsBackOnlyWhereTheKeyIsAbsent() {
        assertEquals("f", meta.string("none", "f"));
        assertEquals(Optional.empty(), meta.findString("none"));
        assertEquals(Optional.of("t"), meta.findString("text"));
        assertEquals(3, meta.integer("none", 3));
        assertEquals(7, meta.integer("number", 3));
        assertEquals(2f, meta.real("none", 2f));
        assertTrue(meta.flag("none", true));
        assertArrayEquals(new int[] {9, 9}, meta.integersPerLayer("none", 2, 9));
        assertMessage("m.gguf: key 'text' should be an integer but is a string", () -> meta.integer("text", 3));
        assertMessage("m.gguf: key 'number' should be a string but is an integer", () -> meta.string("number", "f"));
        assertMessage("m.gguf: key 'number' should be a boolean but is an integer", () -> meta.flag("number", true));
    }

    @Test
    void namesTheFileTheKeyAndTheTypes() {
        assertMessage("m.gguf: key 'none' is missing", () -> meta.integer("none"));
        assertMessage("m.gguf: key 'real' should be an integer but is a 32-bit float", () -> meta.integer("real"));
        assertMessage(
                "m.gguf: key 'wide' has the value 5000000000, which does not fit 32 bits", () -> meta.integer("wide"));
        assertMessage(
                "m.gguf: key 'wider' should be an integer but is an integer of more than 63 bits",
                () -> meta.longInteger("wider"));
        assertMessage("m.gguf: key 'text' should be a number but is a string", () -> meta.real("text"));
        assertMessage("m.gguf: key 'text' should be an array of strings but is a string", () -> meta.strings("text"));
        assertMessage(
                "m.gguf: key 'numbers' should be an array of strings but is an array of 2 32-bit integers",
                () -> meta.strings("numbers"));
        assertMessage(
                "m.gguf: key 'texts' should be an array of integers but is an array of 2 strings",
                () -> meta.integers("texts"));
        assertMessage(
                "m.gguf: key 'texts' should be an array of numbers but is an array of 2 strings",
                () -> meta.reals("texts"));
        assertMessage(
                "m.gguf: key 'wides' has the value 5000000000, which does not fit 32 bits",
                () -> meta.integers("wides"));
    }

    @Test
    void readsNumbersOfEveryKindAsReals() {
        assertEquals(0.5f, meta.real("real"));
        assertEquals(0.25f, meta.real("double"));
        assertEquals(7f, meta.real("number"));
        assertArrayEquals(new float[] {3, 4}, meta.reals("numbers"));
    }

    @Test
    void spreadsAScalarOverTheLayersAndChecksTheLengthOfAnArray() {
        assertArrayEquals(new int[] {7, 7, 7}, meta.integersPerLayer("number", 3));
        assertArrayEquals(new int[] {3, 4}, meta.integersPerLayer("numbers", 2));
        assertArrayEquals(new int[] {3, 4}, meta.integersPerLayer("numbers", 2, 9));
        assertMessage(
                "m.gguf: key 'numbers' has 2 entries but the model has 3 layers",
                () -> meta.integersPerLayer("numbers", 3));
    }

    @Test
    void describesWhatItHolds() {
        assertTrue(meta.has("text"));
        assertFalse(meta.has("none"));
        assertEquals(10, List.copyOf(meta.keys()).size());
        assertTrue(meta.isArray("texts"));
        assertFalse(meta.isArray("text"));
        assertEquals(2, meta.length("texts"));
        assertEquals("an array of 2 strings", meta.typeOf("texts"));
        assertArrayEquals(new long[] {3, 4}, (long[]) meta.raw("numbers"));
        assertEquals(7L, meta.raw("number"));
        assertThrows(UnsupportedOperationException.class, () -> meta.keys().clear());
    }
}
