package dev.sluice.backend.cpu;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector shapes in use: the machine's own, up to 512 bits, so that a row tile is one, two or four vectors. They are
 * constants, without which the compiler makes objects of vectors.
 */
final class Lanes {
    static final VectorShape SHAPE =
            VectorShape.forBitSize(Math.min(512, FloatVector.SPECIES_PREFERRED.vectorBitSize()));
    static final VectorSpecies<Float> FLOATS = SHAPE.withLanes(float.class);
    static final VectorSpecies<Integer> INTS = SHAPE.withLanes(int.class);
    static final VectorSpecies<Short> SHORTS =
            VectorShape.forBitSize(SHAPE.vectorBitSize() / 2).withLanes(short.class);
    /** At least one byte for each lane; the smallest shape has eight. */
    static final VectorSpecies<Byte> BYTES =
            VectorShape.forBitSize(Math.max(64, SHAPE.vectorBitSize() / 4)).withLanes(byte.class);

    /** Floats of one vector. */
    static final int COUNT = FLOATS.length();

    static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

    private Lanes() {}

    /** Bits of the widest vectors that the JVM uses here; below 128 there are none. */
    static int bits() {
        return SHAPE.vectorBitSize();
    }
}
