package dev.sluice.backend.cpu;

import dev.sluice.graph.Activation;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.tensor.BlockCodec;
import dev.sluice.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The definition of every operation: plain loops, one token after another. Sums run in double precision in index order
 * and are rounded to float once, so that a fast path can be held to an error bound of its own alone. All matrices are
 * [tokens, width] with contiguous rows; nothing here is checked beyond what Java checks.
 */
public final class ScalarOps {
    private static final float SQRT_2_OVER_PI = (float) Math.sqrt(2 / Math.PI);

    private ScalarOps() {}

    /** Rows {@code ids} of the table, times {@code scale}. */
    public static float[] embed(Op.Embed op, int[] ids) {
        int width = op.width();
        float[] y = new float[ids.length * width];
        for (int t = 0; t < ids.length; t++) {
            embedRow(op, ids[t], y, t * width);
        }
        return y;
    }

    static void embedRow(Op.Embed op, int id, float[] y, int yAt) {
        Tensor table = op.table();
        int width = op.width();
        BlockCodec codec = BlockCodec.of(table.type());
        codec.dequantize(table.data(), id * table.type().bytes(width), y, yAt, width);
        for (int c = 0; c < width; c++) {
            y[yAt + c] *= op.scale();
        }
    }

    /** {@code y = x / sqrt(mean(x²) + eps) · gain} for each run of {@code gain.length} floats of x. */
    public static float[] rmsNorm(float[] x, float[] gain, float eps) {
        float[] y = new float[x.length];
        for (int at = 0; at < x.length; at += gain.length) {
            rmsNormRun(x, at, gain, eps, y, at);
        }
        return y;
    }

    static void rmsNormRun(float[] x, int xAt, float[] gain, float eps, float[] y, int yAt) {
        double sum = 0;
        for (int i = 0; i < gain.length; i++) {
            sum += (double) x[xAt + i] * x[xAt + i];
        }
        double factor = 1 / Math.sqrt(sum / gain.length + eps);
        for (int i = 0; i < gain.length; i++) {
            y[yAt + i] = (float) (x[xAt + i] * factor * gain[i]);
        }
    }

    /** {@code y = W x + bias} for each of x's rows. */
    public static float[] linear(Tensor weight, float @Nullable [] bias, float[] x) {
        int cols = Math.toIntExact(weight.shape().cols());
        int rows = Math.toIntExact(weight.shape().rows());
        int tokens = x.length / cols;
        float[] y = new float[tokens * rows];
        float[] w = new float[cols];
        for (int r = 0; r < rows; r++) {
            weightRow(weight, r, w);
            for (int t = 0; t < tokens; t++) {
                y[t * rows + r] = dot(w, x, t * cols, bias == null ? 0 : bias[r]);
            }
        }
        return y;
    }

    static void weightRow(Tensor weight, int row, float[] w) {
        long rowBytes = weight.type().bytes(w.length);
        BlockCodec.of(weight.type()).dequantize(weight.data(), row * rowBytes, w, 0, w.length);
    }

    static float dot(float[] w, float[] x, int xAt, float bias) {
        double sum = bias;
        for (int c = 0; c < w.length; c++) {
            sum += (double) w[c] * x[xAt + c];
        }
        return (float) sum;
    }

    /** Turns the pairs of each head of the rows of x, whose positions count up from {@code position}. */
    public static float[] rope(Op.Rope op, float[] x, int position) {
        float[] y = x.clone();
        int heads = x.length / op.headDim();
        for (int h = 0; h < heads; h++) {
            ropeHead(op.rotation(), position + h / op.heads(), y, h * op.headDim());
        }
        return y;
    }

    static void ropeHead(Rotation rotation, int position, float[] y, int at) {
        boolean halves = rotation.pairing() == Rotation.Pairing.HALVES;
        for (int i = 0; i < rotation.pairs(); i++) {
            int a = at + (halves ? i : 2 * i);
            int b = halves ? a + rotation.pairs() : a + 1;
            double angle = (double) position * rotation.frequency(i);
            double cos = Math.cos(angle) * rotation.magnitude();
            double sin = Math.sin(angle) * rotation.magnitude();
            float ya = (float) (y[a] * cos - y[b] * sin);
            y[b] = (float) (y[a] * sin + y[b] * cos);
            y[a] = ya;
        }
    }

    /**
     * Attention of the last tokens of a sequence.
     *
     * @param q [tokens, heads · headDim], the last tokens
     * @param k [position + tokens, kvHeads · headDim], all tokens
     * @param v as k
     * @param position index of the first of the last tokens
     */
    public static float[] attention(Op.Attention op, float[] q, float[] k, float[] v, int position) {
        int dim = op.headDim();
        KeyValues cache = new KeyValues() {
            @Override
            public float key(int head, int p, int d) {
                return k[p * op.kvWidth() + head * dim + d];
            }

            @Override
            public float value(int head, int p, int d) {
                return v[p * op.kvWidth() + head * dim + d];
            }
        };
        float[] y = new float[q.length];
        int tokens = q.length / op.width();
        double[] scores = new double[position + tokens];
        for (int t = 0; t < tokens; t++) {
            for (int h = 0; h < op.heads(); h++) {
                int at = t * op.width() + h * dim;
                attentionHead(op, cache, h, position + t, q, at, y, at, scores);
            }
        }
        return y;
    }

    /** Where attention finds the keys and values of earlier positions. */
    interface KeyValues {
        float key(int head, int position, int d);

        float value(int head, int position, int d);
    }

    static void attentionHead(
            Op.Attention op,
            KeyValues cache,
            int head,
            int position,
            float[] q,
            int qAt,
            float[] y,
            int yAt,
            double[] scores) {
        int kvHead = head / (op.heads() / op.kvHeads());
        int first = op.window() > 0 ? Math.max(0, position - op.window() + 1) : 0;
        double max = Double.NEGATIVE_INFINITY;
        for (int p = first; p <= position; p++) {
            double dot = 0;
            for (int d = 0; d < op.headDim(); d++) {
                dot += (double) q[qAt + d] * cache.key(kvHead, p, d);
            }
            scores[p] = dot * op.scale();
            max = Math.max(max, scores[p]);
        }
        double sum = 0;
        for (int p = first; p <= position; p++) {
            scores[p] = Math.exp(scores[p] - max);
            sum += scores[p];
        }
        for (int d = 0; d < op.headDim(); d++) {
            double weighted = 0;
            for (int p = first; p <= position; p++) {
                weighted += scores[p] * cache.value(kvHead, p, d);
            }
            y[yAt + d] = (float) (weighted / sum);
        }
    }

    /** {@code down (activation(gate x) ⊙ (up x))} for each of x's rows. */
    public static float[] gatedFfn(Op.GatedFfn op, float[] x) {
        float[] gate = linear(op.gate(), null, x);
        float[] up = linear(op.up(), null, x);
        for (int i = 0; i < gate.length; i++) {
            gate[i] = activate(op.activation(), gate[i]) * up[i];
        }
        return linear(op.down(), null, gate);
    }

    /** The activation of one number. */
    public static float activate(Activation activation, float x) {
        return switch (activation) {
            case SILU -> (float) (x / (1 + Math.exp(-x)));
            case GELU_TANH -> geluTanh(x);
        };
    }

    /**
     * With the roundings that {@link Activation#GELU_TANH} names, and in float arithmetic, as ggml fills its table: 1 +
     * tanh u loses digits where u is very negative, and what is left decides which half comes out.
     */
    private static float geluTanh(float x) {
        if (x <= -Activation.GELU_LINEAR_FROM) {
            return 0;
        }
        if (x >= Activation.GELU_LINEAR_FROM) {
            return x;
        }
        float h = Float.float16ToFloat(Float.floatToFloat16(x));
        float u = SQRT_2_OVER_PI * h * Math.fma(0.044715f * h, h, 1f);
        float y = 0.5f * h * (1 + (float) Math.tanh(u));
        return Float.float16ToFloat(Float.floatToFloat16(y));
    }

    /** The sum, element by element. */
    public static float[] add(float[] a, float[] b) {
        float[] y = new float[a.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = a[i] + b[i];
        }
        return y;
    }

    /** Index of the largest of {@code count} floats, the first of equals; NaN is never larger, and −1 is where all are NaN. */
    public static int argMax(float[] x, int at, int count) {
        int best = -1;
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            if (x[at + i] > max || (best < 0 && x[at + i] == max)) {
                max = x[at + i];
                best = i;
            }
        }
        return best;
    }
}
