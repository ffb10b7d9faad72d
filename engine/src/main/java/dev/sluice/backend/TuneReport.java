package dev.sluice.backend;

import java.util.List;

/**
 * What measuring found for a model's shapes.
 *
 * @param rows in the order of the model; empty if the device has nothing to choose
 * @param note for people: where the findings are kept, or why there are none
 */
public record TuneReport(List<Row> rows, String note) {
    public TuneReport {
        rows = List.copyOf(rows);
    }

    /**
     * One shape.
     *
     * @param shape weight format, columns by rows, and how many tokens it is for
     * @param before the parameters that were tried, as they are by default
     * @param chosen those that are other than that, with their values; empty if the default is the fastest
     * @param speedUp how many times as fast as the default they were, in turns
     * @param measured whether it was measured now, and not before
     */
    public record Row(String shape, String before, String chosen, double speedUp, boolean measured) {}
}
