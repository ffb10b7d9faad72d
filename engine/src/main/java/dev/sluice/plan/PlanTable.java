package dev.sluice.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A plan as text, for people. */
public final class PlanTable {
    /** Improvements that give less than this are not worth a line. */
    private static final double LEAST_GAIN = 1.01;

    private final Plan plan;
    private final Hardware hardware;
    private final StringBuilder text = new StringBuilder();

    private PlanTable(Plan plan, Hardware hardware) {
        this.plan = plan;
        this.hardware = hardware;
    }

    /**
     * Writes a plan.
     *
     * @param hardware that it was made for
     */
    public static String write(Plan plan, Hardware hardware) {
        PlanTable table = new PlanTable(plan, hardware);
        table.title();
        table.stages();
        table.memory();
        table.speeds();
        table.lifts();
        return table.text.toString();
    }

    private void title() {
        line(String.format(Locale.ROOT, "%s on %s", plan.model(), hardware.name()));
        line(String.format(Locale.ROOT, "(%s)", hardware.source()));
        line(String.format(
                Locale.ROOT,
                "for %s: %d %s%s, context of %d tokens, KV cache in %s",
                lower(plan.objective()),
                plan.batch(),
                plan.batch() == 1 ? "sequence" : "sequences at once",
                plan.microBatches() > 1 ? " in " + plan.microBatches() + " parts that follow each other" : "",
                plan.context(),
                lower(plan.kv())));
        line("");
    }

    private void stages() {
        line(String.format(
                Locale.ROOT, "%-10s %10s %10s   %-32s %s", "device", "compute", "copy", "weights", "layers"));
        for (Stage stage : plan.stages()) {
            Map<String, List<String>> byPlace = new LinkedHashMap<>();
            for (Placement layer : plan.layers().subList(stage.from(), stage.to())) {
                byPlace.computeIfAbsent(place(layer), _ -> new ArrayList<>()).add(layer.layer());
            }
            boolean first = true;
            for (Map.Entry<String, List<String>> entry : byPlace.entrySet()) {
                line(String.format(
                        Locale.ROOT,
                        "%-10s %10s %10s   %-32s %s",
                        first ? stage.device() : "",
                        first ? milliseconds(stage.computeSeconds()) : "",
                        first && stage.copySeconds() > 0 ? milliseconds(stage.copySeconds()) : "",
                        entry.getKey(),
                        LayerNames.join(entry.getValue())));
                first = false;
            }
        }
        line("");
    }

    private static String place(Placement layer) {
        boolean inPart = layer.streamed() > 0 && layer.streamed() < 1;
        String part = inPart ? Math.round(100 * layer.streamed()) + " % " : "";
        String own = part + word(layer.residency()) + (layer.halved() ? ", feed-forward on cpu" : "");
        @Nullable Residency experts = layer.experts();
        if (experts == null || experts == layer.residency()) {
            return own;
        }
        return own + ", experts " + (experts == Residency.HOST ? "on the CPU" : word(experts));
    }

    private static String word(Residency residency) {
        return switch (residency) {
            case RESIDENT -> "resident";
            case STREAMED -> "streamed";
            case HOST -> "in host memory";
        };
    }

    private void memory() {
        line(String.format(
                Locale.ROOT,
                "%-10s %10s %10s %12s %10s %10s %10s %10s",
                "MiB",
                "weights",
                "KV cache",
                "activations",
                "staging",
                "workspace",
                "total",
                "of"));
        for (DeviceBytes bytes : plan.memory()) {
            line(String.format(
                    Locale.ROOT,
                    "%-10s %10s %10s %12s %10s %10s %10s %10s",
                    bytes.device(),
                    mebibytes(bytes.weights()),
                    mebibytes(bytes.kv()),
                    mebibytes(bytes.activations()),
                    mebibytes(bytes.staging()),
                    mebibytes(bytes.workspace()),
                    mebibytes(bytes.total()),
                    mebibytes(bytes.budget())));
        }
        if (plan.fromDisk() > 0) {
            line("The host's memory has no room for " + mebibytes(plan.fromDisk())
                    + " MiB of these weights: they are read from the disk when they are computed with.");
        }
        line("");
    }

    private void speeds() {
        speed("decode", plan.decode(), "behind " + plan.depth() + " tokens");
        speed("prefill", plan.prefill(), "of a long prompt");
    }

    private void speed(String name, Speed speed, String when) {
        line(String.format(
                Locale.ROOT,
                "%-8s %s tokens/s %s; bottleneck: %s (%.0f %% of the time)",
                name,
                rate(speed.tokensPerSecond()),
                when,
                speed.bottleneck().text(),
                100 * speed.bottleneck().share()));
    }

    private void lifts() {
        line("");
        boolean any = false;
        for (Lift lift : plan.lifts()) {
            if (lift.gain() >= LEAST_GAIN) {
                any = true;
                line(String.format(
                        Locale.ROOT,
                        "%s: decode %s tokens/s (%.2f times)",
                        lift.change(),
                        rate(lift.decode()),
                        lift.gain()));
            }
        }
        if (!any) {
            line("Neither more memory nor a faster link or faster host memory would speed up decoding.");
        }
    }

    private void line(String line) {
        text.append(line.stripTrailing()).append('\n');
    }

    private static String rate(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
    }

    private static String milliseconds(double seconds) {
        return String.format(Locale.ROOT, seconds < 0.1 ? "%.2f ms" : "%.0f ms", 1000 * seconds);
    }

    private static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%.0f", bytes / (double) (1 << 20));
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
