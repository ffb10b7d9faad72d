package dev.sluice.backend.cpu;

import dev.sluice.backend.cpu.asm.Int8Activations;
import dev.sluice.backend.cpu.asm.Int8Kernels;
import dev.sluice.backend.cpu.asm.Int8Product;
import dev.sluice.backend.cpu.asm.Int8SelfTest;
import dev.sluice.backend.cpu.asm.Isa;
import dev.sluice.backend.cpu.asm.TileFormat;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Op;
import dev.sluice.system.MachineCode;
import dev.sluice.tensor.DType;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Products of packed matrices in machine code, with activations rounded to bytes; all else is left to Java. A format's
 * code is assembled and tested when a layer first needs it; what fails its test is not used, and the run says so.
 */
final class MachineKernels implements Kernels {
    private static final Logger LOG = LoggerFactory.getLogger(MachineKernels.class);

    private final Int8Kernels int8;
    private final Kernels rest;
    /** Formats that were asked for: of those that failed their test, what they gave. */
    private final Map<TileFormat, Optional<String>> tested = new EnumMap<>(TileFormat.class);

    /**
     * Kernels of one instruction set.
     *
     * @param rest computes what is not assembled
     * @throws MachineCode.Refused if the system runs no machine code
     */
    MachineKernels(Isa isa, Kernels rest) throws MachineCode.Refused {
        int8 = new Int8Kernels(isa);
        this.rest = rest;
    }

    @Override
    public String description() {
        StringJoiner failed = new StringJoiner(", ", " but for ", " (failed their self-test)").setEmptyValue("");
        tested.forEach((format, difference) -> difference.ifPresent(d -> failed.add(format.name())));
        return "machine code (" + int8.isa().label() + "), activations int8" + failed + ", the rest "
                + (failed.length() == 0 ? rest.descriptionOfFloats() : rest.description());
    }

    @Override
    public boolean packs() {
        return true;
    }

    @Override
    public void pack(Matrix matrix, int firstTile, int lastTile, Scratch scratch) {
        rest.pack(matrix, firstTile, lastTile, scratch);
    }

    @Override
    public boolean readsRounded(DType type) {
        TileFormat format = TileFormat.of(type);
        return format != null && tested.computeIfAbsent(format, this::test).isEmpty();
    }

    private Optional<String> test(TileFormat format) {
        Optional<String> difference;
        try {
            int8.prepare(format);
            difference = Int8SelfTest.difference(int8, format);
        } catch (MachineCode.Refused e) {
            difference = Optional.of(String.valueOf(e.getMessage()));
        }
        difference.ifPresent(d -> LOG.warn(
                "Machine code for {} is not used, which costs speed: {}. Please report this with the processor's name.",
                format,
                d));
        return difference;
    }

    @Override
    public Int8Activations rounded(int width) {
        return new Int8Activations(width, int8.isa());
    }

    @Override
    public void round(Rows x, Int8Activations to, int group, Scratch scratch) {
        scratch.int8().convert(x.segment(), x.offset(0), (long) Float.BYTES * x.width, to, group);
    }

    @Override
    public void reserve(Op op, Scratch scratch) {
        scratch.reserveInt8(int8);
        rest.reserve(op, scratch);
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
        Rounded rounded = x.rounded();
        TileFormat format = TileFormat.of(w.type());
        if (rounded == null || format == null || !readsRounded(w.type())) {
            rest.linear(w, bias, x, plus, y, tokens, firstTile, lastTile, scratch);
            return;
        }
        Int8Product product = scratch.int8();
        product.into(y.segment(), y.offset(0), (long) Float.BYTES * y.width);
        if (plus != null) {
            product.addingTo(plus.segment(), plus.offset(0), (long) Float.BYTES * plus.width);
        }
        product.multiply(format, w.data(), w.rows(), firstTile, lastTile, rounded.of(scratch));
        if (bias != null) {
            int last = Math.min(w.rows(), lastTile * RowTiles.ROWS);
            for (int t = 0; t < tokens; t++) {
                for (int r = firstTile * RowTiles.ROWS; r < last; r++) {
                    y.data()[y.at(t) + r] += bias[r];
                }
            }
        }
    }

    @Override
    public void rmsNorm(Op.RmsNorm op, Rows gain, Rows x, Rows y, int firstRun, int lastRun, Scratch scratch) {
        rest.rmsNorm(op, gain, x, y, firstRun, lastRun, scratch);
    }

    @Override
    public void rope(Op.Rope op, RotationTable table, Rows x, Rows y, int firstHead, int lastHead, Scratch scratch) {
        rest.rope(op, table, x, y, firstHead, lastHead, scratch);
    }

    @Override
    public void store(Op.Attention op, Run run, Rows k, Rows v, int firstHead, int lastHead, Scratch scratch) {
        rest.store(op, run, k, v, firstHead, lastHead, scratch);
    }

    @Override
    public void attention(Op.Attention op, Run run, Rows q, Rows y, Worker worker) {
        rest.attention(op, run, q, y, worker);
    }

    @Override
    public void activate(
            Activation activation, Rows gate, Rows up, int tokens, int firstColumn, int lastColumn, Scratch scratch) {
        rest.activate(activation, gate, up, tokens, firstColumn, lastColumn, scratch);
    }

    @Override
    public void add(Rows a, Rows b, Rows y, int first, int last, Scratch scratch) {
        rest.add(a, b, y, first, last, scratch);
    }

    @Override
    public int argMax(Rows x, int token, Scratch scratch) {
        return rest.argMax(x, token, scratch);
    }

    @Override
    public void close() {
        int8.close();
        rest.close();
    }
}
