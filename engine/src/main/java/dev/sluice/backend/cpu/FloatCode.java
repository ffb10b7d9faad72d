package dev.sluice.backend.cpu;

import dev.sluice.backend.cpu.asm.AddCode;
import dev.sluice.backend.cpu.asm.ArgMaxCode;
import dev.sluice.backend.cpu.asm.ExpCode;
import dev.sluice.backend.cpu.asm.GateCode;
import dev.sluice.backend.cpu.asm.KvStoreCode;
import dev.sluice.backend.cpu.asm.NormCode;
import dev.sluice.backend.cpu.asm.PackCode;
import dev.sluice.backend.cpu.asm.PanelCode;
import dev.sluice.backend.cpu.asm.Program;
import dev.sluice.backend.cpu.asm.RopeCode;
import dev.sluice.backend.cpu.asm.ScaleCode;
import dev.sluice.backend.cpu.asm.SoftmaxCode;
import dev.sluice.system.MachineCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The operations on floats as machine code for one width of registers. Panel products are assembled when a format is
 * first asked for. The owner closes it when no thread calls its functions any more.
 */
final class FloatCode implements AutoCloseable {
    private final boolean avx512;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment expTable = arena.allocate(ExpCode.TABLE_BYTES, 64);
    private final List<MachineCode> loaded = new ArrayList<>();
    private final Map<PanelCode.Format, MemorySegment[]> panels = new EnumMap<>(PanelCode.Format.class);
    private final MemorySegment softmax;
    private final MemorySegment scale;
    private final MemorySegment[] norm;
    private final MemorySegment[] gate;
    private final MemorySegment[] rope;
    private final MemorySegment[] kvStore;
    private final MemorySegment[] pack;
    private final MemorySegment add;
    private final MemorySegment argMax;

    /**
     * Assembles the code.
     *
     * @param avx512 for AVX-512 F, or else for AVX2, FMA and F16C; the processor must have them
     * @throws MachineCode.Refused if the system runs no such code
     */
    FloatCode(boolean avx512) throws MachineCode.Refused {
        this.avx512 = avx512;
        ExpCode.fill(expTable);
        boolean done = false;
        try {
            softmax = load(SoftmaxCode.assemble(avx512))[0];
            scale = load(ScaleCode.assemble(avx512))[0];
            norm = load(NormCode.assemble(avx512));
            gate = load(GateCode.assemble(avx512));
            rope = load(RopeCode.assemble(avx512));
            kvStore = load(KvStoreCode.assemble(avx512));
            pack = load(PackCode.assemble(avx512));
            add = load(AddCode.assemble(avx512))[0];
            argMax = load(ArgMaxCode.assemble(avx512))[0];
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    private MemorySegment[] load(Program program) throws MachineCode.Refused {
        MachineCode code = MachineCode.load(program.code());
        loaded.add(code);
        MemorySegment[] functions = new MemorySegment[program.functions()];
        for (int i = 0; i < functions.length; i++) {
            functions[i] = code.function(program.offset(i));
        }
        return functions;
    }

    /** For people. */
    String description() {
        return avx512 ? "AVX-512" : "AVX2";
    }

    /** See {@link PanelCode}: the functions by their count of rows, less 1. */
    synchronized MemorySegment[] panel(PanelCode.Format format) {
        MemorySegment[] functions = panels.get(format);
        if (functions == null) {
            try {
                functions = load(PanelCode.assemble(format, avx512));
            } catch (MachineCode.Refused e) {
                throw new IllegalStateException("machine code was loaded before, and is refused now", e);
            }
            panels.put(format, functions);
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

    /** See {@link NormCode}: a function by its number. */
    MemorySegment norm(int function) {
        return norm[function];
    }

    /** See {@link GateCode}: a function by its number. */
    MemorySegment gate(int function) {
        return gate[function];
    }

    /** See {@link RopeCode}: a function by its number. */
    MemorySegment rope(int function) {
        return rope[function];
    }

    /** See {@link KvStoreCode}: a function by its number. */
    MemorySegment kvStore(int function) {
        return kvStore[function];
    }

    /** See {@link PackCode}. */
    MemorySegment pack(PackCode.Format format) {
        return pack[format.function()];
    }

    /** See {@link AddCode}. */
    MemorySegment add() {
        return add;
    }

    /** See {@link ArgMaxCode}. */
    MemorySegment argMax() {
        return argMax;
    }

    /** The most rows of one call of {@link #panel}. */
    int mostRows() {
        return PanelCode.mostRows(avx512);
    }

    /** Address of the constants of {@link ExpCode}. */
    long expTable() {
        return expTable.address();
    }

    @Override
    public synchronized void close() {
        loaded.forEach(MachineCode::close);
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
