package dev.sluice.backend.cpu;

import dev.sluice.graph.Activation;
import dev.sluice.graph.Op;
import org.jspecify.annotations.Nullable;

/** The operations on floats in machine code; what is not assembled is left to Java. */
final class FloatKernels implements Kernels {
    private final FloatCode code;
    private final Kernels rest;
    private final AttentionWork attention = new AttentionWork();

    /**
     * Kernels of one width of registers.
     *
     * @param rest computes what is not assembled
     */
    FloatKernels(FloatCode code, Kernels rest) {
        this.code = code;
        this.rest = rest;
    }

    @Override
    public String description() {
        return "attention in machine code (" + code.description() + "), " + rest.description();
    }

    @Override
    public boolean packs() {
        return rest.packs();
    }

    @Override
    public void reserve(Op op, Scratch scratch) {
        rest.reserve(op, scratch);
        if (op instanceof Op.Attention own) {
            scratch.reserveMachineAttention(code, own);
        }
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
        rest.linear(w, bias, x, plus, y, tokens, firstTile, lastTile, scratch);
    }

    @Override
    public void rmsNorm(Op.RmsNorm op, float[] gain, Rows x, Rows y, int firstRun, int lastRun) {
        rest.rmsNorm(op, gain, x, y, firstRun, lastRun);
    }

    @Override
    public void rope(Op.Rope op, RotationTable table, Rows x, Rows y, int firstHead, int lastHead) {
        rest.rope(op, table, x, y, firstHead, lastHead);
    }

    @Override
    public void attention(Op.Attention op, Run run, Rows q, Rows y, Worker worker) {
        attention.run(op, run, q, y, worker, worker.scratch.machineAttention());
    }

    @Override
    public void activate(Activation activation, Rows gate, Rows up, int tokens, int firstColumn, int lastColumn) {
        rest.activate(activation, gate, up, tokens, firstColumn, lastColumn);
    }

    @Override
    public void add(Rows a, Rows b, Rows y, int first, int last) {
        rest.add(a, b, y, first, last);
    }

    @Override
    public int argMax(Rows x, int token) {
        return rest.argMax(x, token);
    }

    @Override
    public void close() {
        code.close();
        rest.close();
    }
}
