package dev.sluice.backend.cpu;

import dev.sluice.backend.cpu.asm.GateCode;
import dev.sluice.backend.cpu.asm.NormCode;
import dev.sluice.graph.Activation;
import dev.sluice.system.MachineCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The small operations on floats in machine code, with one worker's argument blocks. */
final class FloatOps {
    private final FloatCode code;
    private final MemorySegment norm;
    private final MemorySegment gate;

    /**
     * Makes one.
     *
     * @param arena lives as long as this
     */
    FloatOps(FloatCode code, Arena arena) {
        this.code = code;
        norm = arena.allocate(NormCode.ARGUMENTS, 64);
        gate = arena.allocate(GateCode.ARGUMENTS, 64);
        GateCode.prepare(gate, code.expTable(), Activation.GELU_LINEAR_FROM);
    }

    /** RMSNorm of a run of {@code count} floats; offsets are in bytes. */
    void rmsNorm(
            MemorySegment x, long xOffset, MemorySegment gain, int count, float eps, MemorySegment y, long yOffset) {
        norm.set(ValueLayout.JAVA_LONG, NormCode.X, xOffset);
        norm.set(ValueLayout.JAVA_LONG, NormCode.Y, yOffset);
        norm.set(ValueLayout.JAVA_LONG, NormCode.COUNT, count);
        MachineCode.call(code.norm(NormCode.SUM_OF_SQUARES), norm.address(), x, y, gain);
        double sum = norm.get(ValueLayout.JAVA_DOUBLE, NormCode.SUM);
        // Rounded where ggml rounds, so that models compared with it differ by the order of sums alone.
        float factor = 1 / (float) Math.sqrt((float) (sum / count) + eps);
        norm.set(ValueLayout.JAVA_FLOAT, NormCode.FACTOR, factor);
        MachineCode.call(code.norm(NormCode.SCALE), norm.address(), x, y, gain);
    }

    /** {@code gates = activation(gates) ⊙ ups}; offsets are in bytes. */
    void activate(
            Activation activation, MemorySegment gates, long gateOffset, MemorySegment ups, long upOffset, int count) {
        gate.set(ValueLayout.JAVA_LONG, GateCode.GATE, gateOffset);
        gate.set(ValueLayout.JAVA_LONG, GateCode.UP, upOffset);
        gate.set(ValueLayout.JAVA_LONG, GateCode.COUNT, count);
        switch (activation) {
            case SILU -> MachineCode.call(code.gate(GateCode.SILU), gate.address(), gates, ups, MemorySegment.NULL);
            case GELU_TANH ->
                MachineCode.call(code.gate(GateCode.TABLE_OF_HALVES), gate.address(), gates, ups, GeluTable.segment());
        }
    }
}
