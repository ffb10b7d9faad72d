package dev.sluice.plan;

import java.util.List;

/**
 * How fast a device multiplies by weights of one format in matrices of one width. Between two points the time per byte is
 * interpolated, beyond the last arithmetic takes over.
 *
 * @param columns of the matrices, the mean of a block's; 0 if they are not known
 * @param points by tokens, ascending; the first is for one token
 * @param flops floating-point operations per second with hundreds of tokens, a multiplication with its addition being two
 */
public record WidthRate(int columns, List<RatePoint> points, double flops) {
    public WidthRate {
        points = List.copyOf(points);
        Checks.notNegative("columns", columns);
        Checks.require(
                !points.isEmpty() && points.getFirst().tokens() == 1,
                "the first point must be for 1 token, it gives the speed of decoding");
        double last = 0;
        for (RatePoint point : points) {
            Checks.positive("bytes_per_second", point.bytesPerSecond());
            Checks.require(point.tokens() > last, "points must be in the order of their tokens");
            last = point.tokens();
        }
        Checks.positive("flops", flops);
    }

    /**
     * Seconds of a product.
     *
     * @param bytes of packed weights
     * @param elements weights
     * @param tokens 1 or more; a mean may have a fraction
     */
    double seconds(double bytes, double elements, double tokens) {
        return Math.max(bytes * secondsPerByte(tokens), arithmeticSeconds(elements, tokens));
    }

    /** Seconds that arithmetic alone would take. */
    double arithmeticSeconds(double elements, double tokens) {
        return 2 * elements * tokens / flops;
    }

    private double secondsPerByte(double tokens) {
        RatePoint below = points.getFirst();
        for (RatePoint point : points) {
            if (point.tokens() >= tokens) {
                double low = 1 / below.bytesPerSecond();
                double high = 1 / point.bytesPerSecond();
                double along = point.tokens() == below.tokens()
                        ? 0
                        : (tokens - below.tokens()) / (point.tokens() - below.tokens());
                return low + Math.max(0, along) * (high - low);
            }
            below = point;
        }
        return 1 / below.bytesPerSecond();
    }
}
