package dev.sluice.formats;

/**
 * An array in the metadata of a model file that is decoded when somebody asks for it: a vocabulary has hundreds of
 * thousands of entries, and most readers of a file want none of them.
 */
public interface ArrayValue {
    /** The number of elements. */
    int length();

    /** The elements' type for messages, in the plural: {@code strings}, {@code 32-bit floats}. */
    String elementName();

    /**
     * A fresh Java array of the elements: {@code String[]}, {@code long[]} (any integer type), {@code float[]},
     * {@code double[]}, {@code boolean[]}, or {@code Object[]} of such arrays.
     *
     * @throws dev.sluice.error.SluiceException if an element is damaged or an unsigned 64-bit one exceeds a {@code long}
     */
    Object decode();
}
