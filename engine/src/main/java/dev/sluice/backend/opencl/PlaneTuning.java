package dev.sluice.backend.opencl;

import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How products of row planes are shaped for a device.
 *
 * @param rowItems rows of work-items of a group that multiplies with one token: 2, 4, 8 or 16
 * @param groupsPerUnit work-groups per compute unit of such a product, at most
 * @param quads work-items of a group that multiplies with many tokens, along each dimension, for four rows and four tokens
 *     each: 4, 8 or 16; tiles of a matrix unit have twice as many rows and tokens ({@link MatMulMatrix})
 * @param arithmetic in what such a product multiplies
 * @param dot how bytes are multiplied
 * @param unit the device's matrix unit; null if it has none
 */
record PlaneTuning(
        int rowItems,
        int groupsPerUnit,
        int quads,
        Arithmetic arithmetic,
        Dot dot,
        @Nullable MatrixUnit unit) {
    /** Numbers that a product with many tokens multiplies; sums over all columns are f32 in each case. */
    enum Arithmetic {
        /** f32, on any device. */
        FLOATS,
        /** f16, with sums over 32 columns: devices with cl_khr_fp16. */
        HALVES,
        /** Quants as they are with activations in bytes, where weights are quantised; else f32. */
        BYTES,
        /** f16 with sums in f32, by the device's matrix unit. */
        MATRIX
    }

    /** The alternatives of {@code dot.cl}. */
    enum Dot {
        /** Plain C. */
        PLAIN(0),
        /** cl_khr_integer_dot_product, with OpenCL C 3.0. */
        KHR(1),
        /** NVIDIA's dp4a, by inline PTX. */
        PTX(2),
        /** AMD's sdot4. */
        AMD(3);

        /** What {@code dot.cl} calls it. */
        final int number;

        Dot(int number) {
            this.number = number;
        }

        /** Whether a device that has these capabilities can multiply so. */
        boolean needsNoMoreThan(Set<Capability> capabilities) {
            return switch (this) {
                case PLAIN -> true;
                case KHR -> capabilities.contains(Capability.INTEGER_DOT);
                case PTX -> capabilities.contains(Capability.PTX_DP4A);
                case AMD -> capabilities.contains(Capability.AMD_DOT4);
            };
        }

        /** Whether it is a maker's own instruction, without which products in bytes spill registers on GPUs that were looked at. */
        boolean own() {
            return this == PTX || this == AMD;
        }

        /** The way that is one instruction where there is one: makers' own come before what may be emulated. */
        static Dot of(Set<Capability> capabilities) {
            return Stream.of(PTX, AMD, KHR)
                    .filter(dot -> dot.needsNoMoreThan(capabilities))
                    .findFirst()
                    .orElse(PLAIN);
        }
    }

    /** Tokens that are still few: a tile of many would be mostly empty. */
    static final int FEW = 16;

    /** Work-items of a group along its tokens. */
    int tokenQuads(int tokens) {
        return tokens <= FEW ? FEW / 4 : quads;
    }

    /** Local memory that the largest of the products takes, rounded up. */
    static final long LOCAL_BYTES = 24 << 10;

    /**
     * What a device starts from. Where there is a matrix unit, it multiplies with many tokens, else halves do where they are
     * there; products in bytes cost a model more precision, so that only measuring chooses them.
     */
    static PlaneTuning of(long maxWorkGroupSize, Set<Capability> capabilities) {
        boolean large = maxWorkGroupSize >= 256;
        int rowItems = large ? 8 : maxWorkGroupSize >= 128 ? 4 : 2;
        int quads = large ? 16 : 8;
        MatrixUnit unit = MatrixUnit.of(capabilities);
        if (unit != null && MatMulMatrix.items(quads, unit) > maxWorkGroupSize) {
            unit = null;
        }
        Arithmetic arithmetic = unit != null
                ? Arithmetic.MATRIX
                : capabilities.contains(Capability.FP16) ? Arithmetic.HALVES : Arithmetic.FLOATS;
        return new PlaneTuning(rowItems, 8, quads, arithmetic, Dot.of(capabilities), unit);
    }

    PlaneTuning withRowItems(int other) {
        return new PlaneTuning(other, groupsPerUnit, quads, arithmetic, dot, unit);
    }

    PlaneTuning withGroupsPerUnit(int other) {
        return new PlaneTuning(rowItems, other, quads, arithmetic, dot, unit);
    }

    PlaneTuning withQuads(int other) {
        return new PlaneTuning(rowItems, groupsPerUnit, other, arithmetic, dot, unit);
    }

    PlaneTuning with(Arithmetic newArithmetic, Dot newDot) {
        return new PlaneTuning(rowItems, groupsPerUnit, quads, newArithmetic, newDot, unit);
    }

    /** Multiplying by a matrix unit. */
    PlaneTuning with(MatrixUnit other) {
        return new PlaneTuning(rowItems, groupsPerUnit, quads, Arithmetic.MATRIX, dot, other);
    }
}
