package dev.sluice.backend.opencl;

import dev.sluice.backend.KvType;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.backend.tiles.WeightLayout;
import dev.sluice.tensor.DType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Every program that the host classes may ask for, so that all can be compiled for GPUs that are not here
 * ({@code scripts/kernel-report}). A host class with a new variant adds a line to {@link #of}; a test holds that none is
 * missing.
 */
final class KernelVariants {
    /** Sizes of attention heads. Others work, but only these are looked at on every GPU. */
    static final List<Integer> HEAD_DIMS = List.of(64, 80, 96, 128, 256);

    /** Number formats of the KV cache that there are kernels for. */
    static final List<KvType> KV_TYPES = List.of(KvType.values());

    /** Width of the matrices whose local memory is told. */
    static final int COLUMNS = 4096;

    private KernelVariants() {}

    /** The programs, each with the bytes of local memory that its launches hand over. */
    static Map<ProgramSpec, Integer> of(DeviceTuning tuning) {
        Map<ProgramSpec, Integer> all = new LinkedHashMap<>();
        for (DType type : DType.values()) {
            if (RowTiles.supports(type)) {
                products(tuning, type, all);
                all.put(Embed.spec(tuning, type), 0);
            }
        }
        for (int headDim : HEAD_DIMS) {
            for (KvType type : KV_TYPES) {
                all.put(ByKvType.spec(Rope.spec(tuning, headDim), type), 0);
                for (int queries = 1; queries <= tuning.queries(headDim); queries++) {
                    all.put(ByKvType.spec(Attention.spec(tuning, headDim, queries), type), 0);
                }
                int most = AttentionSplit.mostQueries(tuning.keys().items());
                for (int queries = 1; queries <= most; queries++) {
                    all.put(ByKvType.spec(AttentionSplit.spec(tuning, headDim, queries), type), 0);
                }
            }
            for (int queries = 1; queries <= AttentionLanes.mostQueries(tuning); queries++) {
                for (KvType type : KV_TYPES) {
                    all.put(ByKvType.spec(AttentionLanes.spec(tuning, headDim, queries), type), 0);
                }
            }
            all.put(AttentionMerge.spec(tuning, headDim), 0);
        }
        MatrixUnit unit = tuning.planes().unit();
        if (unit != null) {
            all.put(MatrixProbe.program(unit), 0);
        }
        all.put(RmsNorm.spec(tuning), 0);
        all.put(GatedActivation.spec(), 0);
        all.put(Add.spec(), 0);
        all.put(ArgMax.spec(tuning), 0);
        PeakKernels.read(tuning).forEach(spec -> all.put(spec, 0));
        PeakKernels.copy(tuning).forEach(spec -> all.put(spec, 0));
        PeakKernels.multiplyAdd(tuning).forEach(spec -> all.put(spec, 0));
        all.put(PeakKernels.launch(), 0);
        return all;
    }

    /** The products with many tokens in other arithmetic, which the tuner may choose on a device with these capabilities. */
    static Map<ProgramSpec, Integer> ofOtherArithmetic(DeviceTuning tuning, Set<Capability> capabilities) {
        Map<ProgramSpec, Integer> all = new LinkedHashMap<>();
        if (tuning.layout() != WeightLayout.PLANES) {
            return all;
        }
        boolean bytes = tuning.planes().dot().own();
        if (bytes) {
            all.put(MatMulBytes.quantiseSpec(), 0);
        }
        for (PlaneTuning.Arithmetic arithmetic : PlaneTuning.Arithmetic.values()) {
            boolean there = switch (arithmetic) {
                case FLOATS -> true;
                case HALVES -> capabilities.contains(Capability.FP16);
                case BYTES -> bytes;
                case MATRIX -> tuning.planes().unit() != null;
            };
            if (!there) {
                continue;
            }
            DeviceTuning other =
                    tuning.with(tuning.planes().with(arithmetic, tuning.planes().dot()));
            for (DType type : DType.values()) {
                if (RowTiles.supports(type)) {
                    Linear.manySpecs(other, type).forEach(spec -> all.put(spec, 0));
                }
            }
        }
        return all;
    }

    /** What {@link WeightLayout#COLUMNS} takes, which GPUs have that {@link DeviceTuning} says so of: none of those that are looked at. */
    static Map<ProgramSpec, Integer> ofColumns(DeviceTuning tuning) {
        DeviceTuning columns = tuning.with(WeightLayout.COLUMNS);
        Map<ProgramSpec, Integer> all = new LinkedHashMap<>();
        for (DType type : DType.values()) {
            if (RowTiles.supports(type)) {
                products(columns, type, all);
                all.put(Embed.spec(columns, type), 0);
            }
        }
        return all;
    }

    private static void products(DeviceTuning tuning, DType type, Map<ProgramSpec, Integer> all) {
        Linear.specs(tuning, type).forEach(spec -> all.put(spec, 0));
        if (tuning.layout() == WeightLayout.TILES) {
            all.put(MatVec.spec(tuning, type), MatVec.panelBytes(tuning, type, COLUMNS));
            all.put(MatMul.packSpec(tuning, type), 0);
        }
    }
}
