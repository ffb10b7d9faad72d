package dev.sluice.model;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.Metadata;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Rotation;
import dev.sluice.tensor.BlockCodec;
import dev.sluice.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The frequencies of rotary position embedding under the scaling methods that files name: none, linear (position
 * interpolation, Chen et al. 2023), YaRN (Peng et al. 2023), and factors per pair (Llama 3.1).
 */
final class RopeScaling {
    private RopeScaling() {}

    /**
     * Reads {@code <arch>.rope.*}.
     *
     * @param pairs rotated pairs of a head
     * @param factors divisors of the frequencies [pairs], or null
     */
    static Rotation read(
            ModelSource source, String arch, Rotation.Pairing pairing, int pairs, @Nullable Tensor factors) {
        Metadata m = source.metadata();
        float base = m.real(arch + ".rope.freq_base", 10_000f);
        if (!(base > 0) || Float.isInfinite(base)) {
            throw new SluiceException(source.description() + ": " + arch + ".rope.freq_base is " + base);
        }
        double[] frequencies = plain(base, pairs);
        if (factors != null) {
            float[] divisors = new float[pairs];
            BlockCodec.of(factors.type()).dequantize(factors.data(), 0, divisors, 0, pairs);
            for (int i = 0; i < pairs; i++) {
                frequencies[i] /= divisors[i];
            }
        }
        String type = m.string(arch + ".rope.scaling.type", "linear");
        float factor = m.real(arch + ".rope.scaling.factor", m.real(arch + ".rope.scale_linear", 1f));
        if (factor == 0f) {
            factor = 1f;
        }
        if (!(factor > 0) || Float.isInfinite(factor)) {
            throw new SluiceException(source.description() + ": " + arch + ".rope.scaling.factor is " + factor);
        }
        float magnitude = m.real(arch + ".rope.scaling.attn_factor", 1f);
        switch (type) {
            case "none" -> {}
            case "linear" -> {
                for (int i = 0; i < pairs; i++) {
                    frequencies[i] /= factor;
                }
            }
            case "yarn" -> {
                int context =
                        m.integer(arch + ".rope.scaling.original_context_length", m.integer(arch + ".context_length"));
                double slow = m.real(arch + ".rope.scaling.yarn_beta_slow", 1f);
                double fast = m.real(arch + ".rope.scaling.yarn_beta_fast", 32f);
                yarn(frequencies, base, factor, context, fast, slow);
                magnitude *= (float) (1 + 0.1 * Math.log(factor));
            }
            default ->
                throw new SluiceException(source.description() + ": the RoPE scaling '" + type
                        + "' is not supported in the " + arch + " family; supported are none, linear and yarn");
        }
        return rotation(pairing, frequencies, magnitude);
    }

    /** Frequencies without any scaling. */
    static Rotation unscaled(Rotation.Pairing pairing, int pairs, float base) {
        return rotation(pairing, plain(base, pairs), 1f);
    }

    private static double[] plain(double base, int pairs) {
        double[] frequencies = new double[pairs];
        for (int i = 0; i < pairs; i++) {
            frequencies[i] = Math.pow(base, -(double) i / pairs);
        }
        return frequencies;
    }

    /**
     * Pairs that turn more than {@code fast} times within the original context keep their frequency, those that turn
     * less than {@code slow} times are interpolated, and between the two a linear ramp mixes both.
     */
    private static void yarn(double[] frequencies, double base, double factor, int context, double fast, double slow) {
        int dims = 2 * frequencies.length;
        double low = Math.max(0, Math.floor(pairTurning(fast, dims, context, base)));
        double high = Math.min(dims - 1, Math.ceil(pairTurning(slow, dims, context, base)));
        for (int i = 0; i < frequencies.length; i++) {
            double ramp = (i - low) / Math.max(0.001, high - low);
            double keep = 1 - Math.clamp(ramp, 0.0, 1.0);
            frequencies[i] = frequencies[i] / factor * (1 - keep) + frequencies[i] * keep;
        }
    }

    /** The (fractional) pair that turns a given number of times within the context. */
    private static double pairTurning(double turns, int dims, int context, double base) {
        return dims * Math.log(context / (turns * 2 * Math.PI)) / (2 * Math.log(base));
    }

    private static Rotation rotation(Rotation.Pairing pairing, double[] frequencies, float magnitude) {
        float[] rounded = new float[frequencies.length];
        for (int i = 0; i < rounded.length; i++) {
            rounded[i] = (float) frequencies[i];
        }
        return new Rotation(pairing, rounded, magnitude);
    }
}
