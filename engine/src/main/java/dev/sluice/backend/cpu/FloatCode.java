package dev.sluice.backend.cpu;

import dev.sluice.backend.cpu.asm.ExpCode;
import dev.sluice.backend.cpu.asm.PanelCode;
import dev.sluice.backend.cpu.asm.Program;
import dev.sluice.backend.cpu.asm.ScaleCode;
import dev.sluice.backend.cpu.asm.SoftmaxCode;
import dev.sluice.system.MachineCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;

/**
 * The floating-point operations as machine code for one width of registers. Panel products are assembled when a format is
 * first asked for. The owner closes it when no thread calls its functions any more.
 */
final class FloatCode implements AutoCloseable {
    private final boolean avx512;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment expTable;
    private final Map<PanelCode.Format, MachineCode> panels = new EnumMap<>(PanelCode.Format.class);
    private final Map<PanelCode.Format, MemorySegment[]> panelFunctions = new EnumMap<>(PanelCode.Format.class);
    private final MachineCode softmaxCode;
    private final MachineCode scaleCode;
    private final MemorySegment softmax;
    private final MemorySegment scale;

    /**
     * Assembles the code.
     *
     * @param avx512 for AVX-512 F, or else for AVX2, FMA and F16C; the processor must have them
     * @throws MachineCode.Refused if the system runs no such code
     */
    FloatCode(boolean avx512) throws MachineCode.Refused {
        this.avx512 = avx512;
        expTable = arena.allocate(ExpCode.TABLE_BYTES, 64);
        ExpCode.fill(expTable);
        Program softmaxProgram = SoftmaxCode.assemble(avx512);
        Program scaleProgram = ScaleCode.assemble(avx512);
        softmaxCode = MachineCode.load(softmaxProgram.code());
        scaleCode = MachineCode.load(scaleProgram.code());
        softmax = softmaxCode.function(softmaxProgram.offset(0));
        scale = scaleCode.function(scaleProgram.offset(0));
    }

    /** For people. */
    String description() {
        return avx512 ? "AVX-512" : "AVX2";
    }

    /** The most rows of a panel product. */
    int mostRows() {
        return PanelCode.mostRows(avx512);
    }

    /** See {@link PanelCode}: the functions by their count of rows, from 1 on. */
    synchronized MemorySegment[] panel(PanelCode.Format format) {
        MemorySegment[] functions = panelFunctions.get(format);
        if (functions == null) {
            functions = load(format);
            panelFunctions.put(format, functions);
        }
        return functions;
    }

    private MemorySegment[] load(PanelCode.Format format) {
        Program program = PanelCode.assemble(format, avx512);
        MachineCode code;
        try {
            code = MachineCode.load(program.code());
        } catch (MachineCode.Refused e) {
            throw new IllegalStateException("machine code was loaded before, and is refused now", e);
        }
        panels.put(format, code);
        MemorySegment[] functions = new MemorySegment[program.functions() + 1];
        functions[0] = MemorySegment.NULL;
        for (int rows = 1; rows < functions.length; rows++) {
            functions[rows] = code.function(program.offset(rows - 1));
        }
        return functions;
    }

    /** See {@link SoftmaxCode}. */
    MemorySegment softmax() {
        return softmax;
    }

    /** See {@link ScaleCode}. */
    MemorySegment scale() {
        return scale;
    }

    /** Address of the constants of {@link ExpCode}. */
    long expTable() {
        return expTable.address();
    }

    @Override
    public synchronized void close() {
        panels.values().forEach(MachineCode::close);
        softmaxCode.close();
        scaleCode.close();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
