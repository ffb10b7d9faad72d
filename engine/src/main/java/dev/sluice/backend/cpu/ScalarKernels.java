package dev.sluice.backend.cpu;

import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import org.jspecify.annotations.Nullable;

/** {@link ScalarOps} behind the interface of the device, reading weights in the file's own order. */
final class ScalarKernels implements Kernels {
    @Override
    public String description() {
        return "scalar code";
    }

    @Override
    public boolean packs() {
        return false;
    }

    @Override
    public void reserve(Op op, Scratch scratch) {
        // What scalar code needs depends on the position, not on the layer.
    }

    @Override
    public void linear(
            Matrix w,
            float @Nullable [] bias,
            Rows x,
            @Nullable Rows plus,
            Rows y,
            int tokens,
            int firstTile,
            int lastTile,
            Scratch scratch) {
        float[] weights = new float[w.cols()];
        int last = Math.min(w.rows(), lastTile * RowTiles.ROWS);
        for (int r = firstTile * RowTiles.ROWS; r < last; r++) {
            ScalarOps.weightRow(w.tensor(), r, weights);
            for (int t = 0; t < tokens; t++) {
                float product = ScalarOps.dot(weights, x.data(), x.at(t), bias == null ? 0 : bias[r]);
                y.data()[y.at(t) + r] = plus == null ? product : product + plus.data()[plus.at(t) + r];
            }
        }
    }

    @Override
    public void rmsNorm(Op.RmsNorm op, Rows gain, Rows x, Rows y, int firstRun, int lastRun, Scratch scratch) {
        for (int r = firstRun; r < lastRun; r++) {
            int at = r * gain.width;
            ScalarOps.rmsNormRun(x.data(), x.at(0) + at, gain.data(), op.eps(), y.data(), y.at(0) + at);
        }
    }

    @Override
    public void rope(Op.Rope op, RotationTable table, Rows x, Rows y, int firstHead, int lastHead, Scratch scratch) {
        boolean halves = op.rotation().pairing() == Rotation.Pairing.HALVES;
        int pairs = op.rotation().pairs();
        for (int h = firstHead; h < lastHead; h++) {
            float[] in = x.data();
            float[] out = y.data();
            int from = x.at(0) + h * op.headDim();
            int to = y.at(0) + h * op.headDim();
            System.arraycopy(in, from, out, to, op.headDim());
            int cosines = table.at(h / op.heads());
            for (int i = 0; i < pairs; i++) {
                int a = halves ? i : 2 * i;
                int b = halves ? i + pairs : 2 * i + 1;
                float cos = table.angles()[cosines + i];
                float sin = table.angles()[cosines + pairs + i];
                out[to + a] = in[from + a] * cos - in[from + b] * sin;
                out[to + b] = in[from + a] * sin + in[from + b] * cos;
            }
        }
    }

    @Override
    public void attention(Op.Attention op, Run run, Rows q, Rows y, Worker worker) {
        for (int p = 0; p < run.parts(); p++) {
            worker.scratch.reserveScores(run.cache(p).capacity());
        }
        int work = run.tokens() * op.heads();
        // Later tokens see more positions: dealing them out in turn shares the work evenly.
        for (int i = worker.index; i < work; i += worker.count) {
            int t = i / op.heads();
            int head = i % op.heads();
            int at = head * op.headDim();
            ScalarOps.attentionHead(
                    op,
                    run.cache(run.partOf(t)),
                    head,
                    run.positionOf(t),
                    q.data(),
                    q.at(t) + at,
                    y.data(),
                    y.at(t) + at,
                    worker.scratch.scores());
        }
    }

    @Override
    public void activate(
            Activation activation, Rows gate, Rows up, int tokens, int firstColumn, int lastColumn, Scratch scratch) {
        for (int t = 0; t < tokens; t++) {
            for (int c = firstColumn; c < lastColumn; c++) {
                float g = gate.data()[gate.at(t) + c];
                gate.data()[gate.at(t) + c] = ScalarOps.activate(activation, g) * up.data()[up.at(t) + c];
            }
        }
    }

    @Override
    public void add(Rows a, Rows b, Rows y, int first, int last, Scratch scratch) {
        float[] left = a.data();
        float[] right = b.data();
        float[] sum = y.data();
        int leftAt = a.at(0);
        int rightAt = b.at(0);
        int sumAt = y.at(0);
        for (int i = first; i < last; i++) {
            sum[sumAt + i] = left[leftAt + i] + right[rightAt + i];
        }
    }

    @Override
    public int argMax(Rows x, int token, Scratch scratch) {
        return ScalarOps.argMax(x.data(), x.at(token), x.width);
    }
}
