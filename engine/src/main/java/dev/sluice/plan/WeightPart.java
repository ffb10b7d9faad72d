package dev.sluice.plan;

import dev.sluice.tensor.DType;

/**
 * The matrices of one format in a layer.
 *
 * @param format the weight format
 * @param elements weights
 * @param bytes that they take
 */
record WeightPart(DType format, long elements, long bytes) {
    WeightPart {
        Checks.positive("elements", elements);
        Checks.positive("bytes", bytes);
    }

    /** As many weights as the format takes them without padding. */
    static WeightPart of(DType format, long elements) {
        return new WeightPart(
                format, elements, Math.ceilDiv(elements, (long) format.blockSize()) * format.blockBytes());
    }

    /** The same weights in a smaller format; unchanged if they are no larger already. */
    WeightPart shrunkTo(DType smaller) {
        WeightPart other = of(smaller, elements);
        return other.bytes() < bytes ? other : this;
    }
}
