package dev.sluice.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * How fast a device multiplies by weights of one format. Each row of a matrix costs something beside its bytes, so that narrow
 * matrices reach less: time is interpolated between measured widths, in proportion to the rows that a byte makes.
 *
 * @param widths measured, one at least, by their columns
 */
public record FormatRate(List<WidthRate> widths) {
    public FormatRate {
        widths = widths.stream()
                .sorted(Comparator.comparingInt(WidthRate::columns))
                .toList();
        Checks.require(!widths.isEmpty(), "widths must have one entry at least");
        Checks.require(
                widths.stream().map(WidthRate::columns).distinct().count() == widths.size(),
                "widths: two have the same columns");
    }

    /** One rate for matrices of all widths. */
    public FormatRate(List<RatePoint> points, double flops) {
        this(List.of(new WidthRate(0, points, flops)));
    }

    /** As fast with one token as with a few, for devices that are known by their bandwidth and their peak. */
    public static FormatRate of(double bytesPerSecond, double flops) {
        return new FormatRate(List.of(new RatePoint(1, bytesPerSecond)), flops);
    }

    /** These and those of a later measurement, which replace older ones of the same width. */
    public FormatRate with(FormatRate later) {
        Map<Integer, WidthRate> all = new TreeMap<>();
        widths.forEach(width -> all.put(width.columns(), width));
        later.widths.forEach(width -> all.put(width.columns(), width));
        return new FormatRate(new ArrayList<>(all.values()));
    }

    /**
     * Seconds of a product.
     *
     * @param bytes of packed weights
     * @param elements weights
     * @param columns of the matrix, 0 if they are not known: as many as were measured
     * @param tokens 1 or more; a mean may have a fraction
     */
    public double seconds(double bytes, double elements, double columns, double tokens) {
        return between(columns, width -> width.seconds(bytes, elements, tokens));
    }

    /** Seconds that arithmetic alone would take. */
    double arithmeticSeconds(double elements, double columns, double tokens) {
        return between(columns, width -> width.arithmeticSeconds(elements, tokens));
    }

    private double between(double columns, ToDoubleFunction<WidthRate> seconds) {
        WidthRate widest = widths.getLast();
        if (columns == 0 || columns >= widest.columns()) {
            return seconds.applyAsDouble(widest);
        }
        WidthRate below = widths.getFirst();
        for (WidthRate width : widths) {
            if (width.columns() >= columns) {
                double low = seconds.applyAsDouble(below);
                double along = width.columns() == below.columns()
                        ? 0
                        : (1 / columns - 1.0 / below.columns()) / (1.0 / width.columns() - 1.0 / below.columns());
                return along <= 0 ? low : low + along * (seconds.applyAsDouble(width) - low);
            }
            below = width;
        }
        throw new IllegalStateException("widths are in order");
    }
}
