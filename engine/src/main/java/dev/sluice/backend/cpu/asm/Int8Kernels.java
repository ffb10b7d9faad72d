package dev.sluice.backend.cpu.asm;

import dev.sluice.system.MachineCode;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The assembled int8 kernels of one instruction set. Formats are assembled when they are first asked for, by one thread;
 * after that any thread may call them. The owner closes it when no thread is within a kernel any more.
 */
public final class Int8Kernels implements AutoCloseable {
    /**
     * How far ahead of a product with one token weights are asked for: two thirds of a microsecond at 12 GB/s a thread. Less
     * is worse than nothing.
     */
    private static final int PREFETCH = 8192;

    private final Isa isa;
    private final MemorySegment converter;
    private final Map<TileFormat, MemorySegment[]> products = new EnumMap<>(TileFormat.class);
    private final List<MachineCode> owned = new ArrayList<>();

    /**
     * Assembles the conversion.
     *
     * @throws MachineCode.Refused if the system runs no machine code
     */
    public Int8Kernels(Isa isa) throws MachineCode.Refused {
        this.isa = isa;
        Assembler a = new Assembler();
        Int8ConvertCode.write(a);
        MachineCode code = MachineCode.load(a.toBytes());
        owned.add(code);
        converter = code.function(0);
    }

    public Isa isa() {
        return isa;
    }

    /**
     * Assembles the products of a format, if they are not yet.
     *
     * @throws MachineCode.Refused if the system runs no machine code
     */
    public void prepare(TileFormat format) throws MachineCode.Refused {
        if (products.containsKey(format)) {
            return;
        }
        Assembler a = new Assembler();
        int[] starts = new int[isa.tokens() + 1];
        for (int t = 1; t <= isa.tokens(); t++) {
            a.align(64);
            starts[t] = a.position();
            Int8ProductCode.write(a, isa.dots(), format, t, t == 1 ? PREFETCH : 0);
        }
        MachineCode code = MachineCode.load(a.toBytes());
        owned.add(code);
        MemorySegment[] functions = new MemorySegment[starts.length];
        for (int t = 1; t < starts.length; t++) {
            functions[t] = code.function(starts[t]);
        }
        products.put(format, functions);
    }

    /** Rounds the rows of a group of tokens to bytes. */
    void convert(Arguments arguments, MemorySegment source) {
        MachineCode.call(converter, arguments.address(), source, MemorySegment.NULL, MemorySegment.NULL);
    }

    /** The product with groups of some tokens of a format that was prepared. */
    MemorySegment product(TileFormat format, int tokens) {
        MemorySegment[] functions = products.get(format);
        if (functions == null) {
            throw new IllegalStateException("no kernels were prepared for " + format);
        }
        return functions[tokens];
    }

    @Override
    public void close() {
        owned.forEach(MachineCode::close);
    }
}
