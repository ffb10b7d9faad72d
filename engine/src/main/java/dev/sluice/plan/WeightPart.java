package dev.sluice.plan;

import dev.sluice.tensor.DType;

/**
 * The matrices of one format in a layer.
 *
 * @param format the weight format
 * @param elements weights
 * @param bytes that they take
 * @param rows of all of them together; 0 if they are not known
 */
record WeightPart(DType format, long elements, long bytes, long rows) {
    WeightPart {
        Checks.positive("elements", elements);
        Checks.positive("bytes", bytes);
        Checks.notNegative("rows", rows);
    }

    /** As many weights as the format takes them without padding. */
    static WeightPart of(DType format, long elements) {
        return of(format, elements, 0);
    }

    /** The same with a number of rows. */
    static WeightPart of(DType format, long elements, long rows) {
        return new WeightPart(
                format, elements, Math.ceilDiv(elements, (long) format.blockSize()) * format.blockBytes(), rows);
    }

    /** Columns of the matrices on average, 0 if they are not known. */
    double columns() {
        return rows == 0 ? 0 : (double) elements / rows;
    }

    /** All matrices of both. */
    WeightPart plus(WeightPart other) {
        return new WeightPart(
                format,
                elements + other.elements,
                bytes + other.bytes,
                rows == 0 || other.rows == 0 ? 0 : rows + other.rows);
    }

    /** The same weights in a smaller format; unchanged if they are no larger already. */
    WeightPart shrunkTo(DType smaller) {
        WeightPart other = of(smaller, elements, rows);
        return other.bytes() < bytes ? other : this;
    }
}
