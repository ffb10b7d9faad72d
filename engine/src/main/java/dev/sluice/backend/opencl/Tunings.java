package dev.sluice.backend.opencl;

import dev.sluice.backend.tiles.WeightLayout;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a device is tuned: by its own values, and for products and attentions of shapes that were measured by those that were
 * found to be fastest. What this user has measured comes before what Sluice brings for devices of a kind. Not thread-safe:
 * its device sees to that.
 */
final class Tunings {
    private final DeviceTuning base;
    private final KnobLimits limits;
    private final TuningTable shipped;
    private final @Nullable TuningStore store;
    private TuningTable own;
    private final Map<String, String> kernels = new HashMap<>();
    private boolean bytes;
    private boolean halves;
    private boolean matrix;
    private boolean usesOwn;
    private boolean usesShipped;

    private Tunings(KnobLimits limits, TuningTable shipped, @Nullable TuningStore store) {
        base = limits.base();
        this.limits = limits;
        this.shipped = shipped;
        this.store = store;
        own = store == null ? TuningTable.EMPTY : store.load();
    }

    /** The same for all shapes. */
    static Tunings fixed(KnobLimits limits) {
        return new Tunings(limits, TuningTable.EMPTY, null);
    }

    /** With what was found for shapes. */
    static Tunings of(KnobLimits limits, TuningTable shipped, TuningStore store) {
        return new Tunings(limits, shipped, store);
    }

    DeviceTuning base() {
        return base;
    }

    KnobLimits limits() {
        return limits;
    }

    ProductTuning of(Product product) {
        DType type = product.matrices().getFirst().type();
        ProductTuning tuning = ProductTuning.of(base);
        for (Phase phase : Phase.values()) {
            tuning = tuning.with(phase, tuned(TuneKey.of(product, phase), () -> kernels(type)));
        }
        if (base.layout() == WeightLayout.TILES) {
            bytes |= tuning.one().vectors().dot().takes(type)
                    || tuning.many().vectors().dot().takes(type);
        } else if (base.layout() == WeightLayout.PLANES) {
            bytes |= MatMulBytes.serves(tuning.many(), type);
            halves |= tuning.many().planes().arithmetic() == PlaneTuning.Arithmetic.HALVES;
            matrix |= MatMulMatrix.serves(tuning.many());
        }
        return tuning;
    }

    DeviceTuning of(Op.Attention op, Phase phase) {
        return tuned(TuneKey.of(op, phase), () -> kernels(op.headDim()));
    }

    private DeviceTuning tuned(TuneKey key, Supplier<String> its) {
        Optional<TuningTable.Choice> found = own.find(key, its);
        usesOwn |= found.isPresent();
        if (found.isEmpty()) {
            found = shipped.find(key, its);
            usesShipped |= found.isPresent();
        }
        return found.map(choice -> choice.applied(base, limits)).orElse(base);
    }

    /** What this user has measured of a shape, with today's kernels. */
    Optional<TuningTable.Choice> measured(TuneKey key, String its) {
        return Optional.ofNullable(own.choices().get(key.text()))
                .filter(choice -> choice.kernels().equals(its));
    }

    /** Takes more choices in and keeps them. */
    void keep(Map<String, TuningTable.Choice> more) {
        own = own.with(more);
        if (store != null) {
            store.keep(own);
        }
    }

    /** Where they are kept. */
    Optional<TuningStore> store() {
        return Optional.ofNullable(store);
    }

    /** Hash of the sources that products of a format are made of. */
    String kernels(DType type) {
        return kernels.computeIfAbsent(type.name(), t -> hash(Linear.specs(base, type)));
    }

    /** Hash of the sources that attention with heads of a size is made of. */
    String kernels(int headDim) {
        return kernels.computeIfAbsent("attention " + headDim, t -> {
            List<ProgramSpec> specs = new ArrayList<>(List.of(Attention.spec(base, headDim, 1)));
            if (base.keys().items() > 0) {
                specs.add(AttentionSplit.spec(base, headDim, 1));
            }
            return hash(specs);
        });
    }

    /** The programs that products of matrices of a format and width are likely to take. */
    Set<ProgramSpec> programs(DType type, long cols) {
        Set<ProgramSpec> programs = new LinkedHashSet<>();
        near(type, cols, Phase.ONE).forEach(tuning -> programs.addAll(Linear.oneSpecs(tuning, type)));
        near(type, cols, Phase.MANY).forEach(tuning -> programs.addAll(Linear.manySpecs(tuning, type)));
        return programs;
    }

    private Set<DeviceTuning> near(DType type, long cols, Phase phase) {
        Set<DeviceTuning> all = new LinkedHashSet<>();
        for (TuningTable table : List.of(own, shipped)) {
            for (String key : table.choices().keySet()) {
                if (TuneKey.isOf(key, type, cols, phase)) {
                    all.add(tuned(new TuneKey(key, key), () -> kernels(type)));
                }
            }
        }
        if (all.isEmpty()) {
            all.add(tuned(TuneKey.general(type, phase), () -> kernels(type)));
        }
        return all;
    }

    private static String hash(List<ProgramSpec> specs) {
        return ProgramCache.key(specs.stream().map(ProgramSpec::text).toArray(String[]::new))
                .substring(0, 16);
    }

    /** For people: how the products that were asked for round activations. */
    String arithmetic() {
        if (bytes) {
            return "activations rounded to bytes";
        }
        return matrix ? "prompts multiplied in f16 by matrix units" : halves ? "prompts multiplied in f16" : "f32";
    }

    /** For people: where the values come from. */
    String origin() {
        return usesOwn ? "tuned" : usesShipped ? "tuning for devices of this kind" : "default tuning";
    }
}
