package dev.sluice.backend.opencl;

import dev.sluice.backend.TuneProgress;
import dev.sluice.backend.TuneReport;
import dev.sluice.backend.tiles.WeightLayout;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Measures the products and attentions of a model's layers, one layer of each kind, and keeps what is fastest. */
final class Tuner {
    /** Progress of one layer. */
    private static final long STEPS = 1000;

    private static final Logger LOG = LoggerFactory.getLogger(Tuner.class);

    private final OpenClDevice device;
    private final Tunings tunings;
    private final DeviceTuning base;
    private final int many;
    private final Set<String> seen = new HashSet<>();
    private final List<TuneReport.Row> rows = new ArrayList<>();

    Tuner(OpenClDevice device) {
        this.device = device;
        tunings = device.tunings();
        base = tunings.base();
        // As many tokens as fill the device, and whole tiles of them.
        many = Math.min(device.batchTokens(), base.lanes() == 16 ? 48 : 256);
    }

    TuneReport tune(List<Layer> layers, boolean anew, TuneProgress progress) {
        List<Layer> kinds = kinds(layers);
        for (int i = 0; i < kinds.size(); i++) {
            try (OpenClCompiledLayer compiled = (OpenClCompiledLayer) device.compile(kinds.get(i))) {
                List<Runnable> tasks = tasks(compiled, anew);
                for (int task = 0; task < tasks.size(); task++) {
                    long done = STEPS * i + STEPS * task / tasks.size();
                    progress.report("calibrating on " + device.info().id(), done, STEPS * kinds.size());
                    tasks.get(task).run();
                }
            }
        }
        progress.report("calibrating", 1, 1);
        String kept = tunings.store()
                .map(store -> "kept in " + store.file())
                .orElse("not kept: this device was opened with a fixed tuning");
        return new TuneReport(rows, kept);
    }

    /** One layer of each kind that has something to tune. */
    private static List<Layer> kinds(List<Layer> layers) {
        Map<String, Layer> kinds = new LinkedHashMap<>();
        for (Layer layer : layers) {
            boolean computes = layer.nodes().stream()
                    .map(node -> node.op())
                    .anyMatch(op -> op instanceof Op.Linear || op instanceof Op.GatedFfn || op instanceof Op.Attention);
            if (computes) {
                String kind = layer.kind() + " "
                        + layer.weights().stream()
                                .map(t -> t.type() + " " + t.shape())
                                .toList()
                        + layer.attention();
                kinds.putIfAbsent(kind, layer);
            }
        }
        return List.copyOf(kinds.values());
    }

    private List<Runnable> tasks(OpenClCompiledLayer layer, boolean anew) {
        List<Runnable> tasks = new ArrayList<>();
        for (Stage stage : layer.stages()) {
            if (stage instanceof Linear linear
                    && seen.add(TuneKey.of(linear.product(), Phase.ONE).text())) {
                tasks.add(() -> product(linear.product(), anew));
            }
        }
        layer.layer().attention().ifPresent(op -> {
            if (seen.add(TuneKey.of(op, Phase.ONE).text())) {
                tasks.add(() -> attention(op, anew));
            }
        });
        return tasks;
    }

    private void product(Product product, boolean anew) {
        DType type = product.matrices().getFirst().type();
        ProductTuning found = ProductTuning.of(base);
        boolean fits = base.layout() != WeightLayout.TILES
                || MatVec.panelBytes(base, type, product.cols())
                        <= device.limits().panelBytes();
        // Few tokens are taken as one or as many: these come first.
        for (Phase phase : List.of(Phase.ONE, Phase.MANY, Phase.FEW)) {
            List<Knob> knobs = Knob.ofProduct(base.layout(), phase);
            if (knobs.isEmpty() || (phase != Phase.MANY && !fits)) {
                continue;
            }
            ProductTuning others = found;
            DeviceTuning best = choose(
                    TuneKey.of(product, phase),
                    tunings.kernels(type),
                    knobs,
                    (knob, present) -> values(knob, present, type),
                    () -> new ProductBench(device, product, phase, others, base, many),
                    anew);
            found = found.with(phase, best);
        }
    }

    private void attention(Op.Attention op, boolean anew) {
        for (Phase phase : List.of(Phase.ONE, Phase.MANY)) {
            boolean split = AttentionSplit.serves(device, op, base);
            List<Knob> knobs = Knob.ofAttention(base.lanes() == 1, split, phase);
            if (!knobs.isEmpty()) {
                choose(
                        TuneKey.of(op, phase),
                        tunings.kernels(op.headDim()),
                        knobs,
                        this::values,
                        () -> new AttentionBench(device, op, phase, base, many),
                        anew);
            }
        }
    }

    private List<Integer> values(Knob knob, DeviceTuning present) {
        return knob.candidates().stream()
                .filter(value -> tunings.limits().allow(knob, value))
                .toList();
    }

    private List<Integer> values(Knob knob, DeviceTuning present, DType type) {
        boolean floats = type.blockSize() == 1;
        boolean without = switch (knob) {
            case VECTOR_DOT -> floats;
            case DOT -> floats || present.planes().arithmetic() != PlaneTuning.Arithmetic.BYTES;
            default -> false;
        };
        if (without) {
            return List.of();
        }
        return values(knob, present).stream()
                .filter(value ->
                        !(floats && knob == Knob.ARITHMETIC && knob.text(value).equals("bytes")))
                .filter(value ->
                        !(knob == Knob.QUADS && MatMulMatrix.serves(present) && value < MatMulMatrix.LEAST_QUADS))
                .toList();
    }

    /** The fastest tuning of a shape, as it was measured before or is measured now. */
    private DeviceTuning choose(
            TuneKey key,
            String kernels,
            List<Knob> knobs,
            TuningSearch.Space space,
            Supplier<StageBench> bench,
            boolean anew) {
        Optional<TuningTable.Choice> known = anew ? Optional.empty() : tunings.measured(key, kernels);
        TuningTable.Choice choice = known.orElseGet(() -> {
            long started = System.nanoTime();
            TuningTable.Choice fresh = search(kernels, knobs, space, bench);
            LOG.debug("{}: {} in {} ms", key.text(), fresh, (System.nanoTime() - started) / 1_000_000);
            keep(key, fresh);
            return fresh;
        });
        rows.add(new TuneReport.Row(
                key.text(),
                knobs.stream().map(k -> text(k, k.of(base))).collect(Collectors.joining(", ")),
                choice.values().entrySet().stream()
                        .map(v -> text(v.getKey(), v.getValue()))
                        .collect(Collectors.joining(", ")),
                choice.speedUp(),
                known.isEmpty()));
        return choice.applied(base, tunings.limits());
    }

    private TuningTable.Choice search(
            String kernels, List<Knob> knobs, TuningSearch.Space space, Supplier<StageBench> bench) {
        try (StageBench opened = bench.get()) {
            TuningSearch.Found found = new TuningSearch(opened, space).search(base, knobs);
            return new TuningTable.Choice(found.values(), found.speedUp(), kernels);
        }
    }

    private void keep(TuneKey key, TuningTable.Choice choice) {
        try {
            tunings.keep(Map.of(key.text(), choice));
        } catch (UncheckedIOException e) {
            throw new SluiceException(
                    "The tuning cannot be kept in "
                            + tunings.store().map(s -> s.file().toString()).orElse("a file") + " ("
                            + e.getCause() + "): set SLUICE_CACHE_DIR to a folder with room that you may write to",
                    e);
        }
    }

    private static String text(Knob knob, int value) {
        return knob.label() + " " + knob.text(value);
    }
}
