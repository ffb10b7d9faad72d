package dev.sluice.backend.cpu;

import dev.sluice.backend.KvType;
import dev.sluice.backend.cpu.asm.CpuFeatures;
import dev.sluice.backend.cpu.asm.PackCode;
import dev.sluice.backend.cpu.asm.PanelCode;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Op;
import dev.sluice.system.MachineCode;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The operations on floats in machine code; what is not assembled is left to Java. */
final class FloatKernels implements Kernels {
    private static final Logger LOG = LoggerFactory.getLogger(FloatKernels.class);

    private final FloatCode code;
    private final Kernels rest;
    private final AttentionWork attention = new AttentionWork();
    private final Object testing = new Object();
    /** By the format of a panel: whether its code passed its test; null if it was not needed yet. */
    private volatile Map<PanelCode.Format, Boolean> usable = Map.of();
    /** By format: whether the code that packs it passed its test. */
    private final Map<PackCode.Format, Boolean> packed = new EnumMap<>(PackCode.Format.class);

    /**
     * Kernels of the widest registers that a processor has, tested; those that are given if it has too little, or if the
     * test fails.
     *
     * @param rest computes what is not assembled
     * @throws MachineCode.Refused if the system runs no machine code
     */
    static Kernels over(CpuFeatures features, Kernels rest) throws MachineCode.Refused {
        if (!features.avx2()) {
            return rest;
        }
        FloatCode code = new FloatCode(features.avx512());
        Optional<String> difference = FloatSelfTest.difference(code);
        if (difference.isPresent()) {
            warn("operations on floats", difference.get());
            code.close();
            return rest;
        }
        return new FloatKernels(code, rest);
    }

    /**
     * Kernels of one width of registers.
     *
     * @param code is closed with this
     * @param rest computes what is not assembled; is closed with this
     */
    FloatKernels(FloatCode code, Kernels rest) {
        this.code = code;
        this.rest = rest;
    }

    @Override
    public String description() {
        return descriptionOfFloats() + ", packed weights by " + rest.description();
    }

    @Override
    public String descriptionOfFloats() {
        return "floats in machine code (" + code.description() + ")";
    }

    /** Its own products read tiles; scalar code reads the file's rows all the same. */
    @Override
    public boolean packs() {
        return true;
    }

    @Override
    public void reserve(Op op, Scratch scratch) {
        rest.reserve(op, scratch);
        scratch.reserveFloatOps(code);
        if (op instanceof Op.Attention own) {
            scratch.reserveMachineAttention(code, own);
        }
    }

    /** Rows that are all there and lie in native memory; the last tile's may not. */
    @Override
    public void pack(Matrix matrix, int firstTile, int lastTile, Scratch scratch) {
        PackCode.Format format = PackCode.Format.of(matrix.type());
        MemorySegment rows = matrix.tensor().data();
        int whole = Math.min(lastTile, matrix.rows() / RowTiles.ROWS);
        if (format == null || !rows.isNative() || !packs(format, scratch) || whole <= firstTile) {
            Kernels.super.pack(matrix, firstTile, lastTile, scratch);
            return;
        }
        long rowBytes = matrix.type().bytes(matrix.cols());
        long tileBytes = RowTiles.tileBytes(matrix.type(), matrix.cols());
        int units = matrix.cols() / matrix.type().blockSize();
        for (int tile = firstTile; tile < whole; tile++) {
            long from = rows.address() + (long) tile * RowTiles.ROWS * rowBytes;
            scratch.floatOps().pack(format, from, rowBytes, matrix.data().address() + tile * tileBytes, units);
        }
        if (whole < lastTile) {
            Kernels.super.pack(matrix, whole, lastTile, scratch);
        }
    }

    private boolean packs(PackCode.Format format, Scratch scratch) {
        synchronized (testing) {
            return packed.computeIfAbsent(format, f -> {
                Optional<String> difference = FloatSelfTest.difference(scratch.floatOps()::pack, f);
                difference.ifPresent(d -> warn("packing " + f, d));
                return difference.isEmpty();
            });
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
        PanelCode.Format format = FloatProducts.format(w.type());
        if (format != null && usable(format)) {
            scratch.floatProducts().multiply(format, w, bias, x, plus, y, tokens, firstTile, lastTile);
        } else {
            rest.linear(w, bias, x, plus, y, tokens, firstTile, lastTile, scratch);
        }
    }

    @Override
    public void rmsNorm(Op.RmsNorm op, Rows gain, Rows x, Rows y, int firstRun, int lastRun, Scratch scratch) {
        for (int r = firstRun; r < lastRun; r++) {
            long run = (long) Float.BYTES * r * gain.width;
            scratch.floatOps()
                    .rmsNorm(
                            x.segment(),
                            x.offset(0) + run,
                            gain.segment(),
                            gain.width,
                            op.eps(),
                            y.segment(),
                            y.offset(0) + run);
        }
    }

    @Override
    public void rope(Op.Rope op, RotationTable table, Rows x, Rows y, int firstHead, int lastHead, Scratch scratch) {
        scratch.floatOps().rope(op, table, x, y, firstHead, lastHead);
    }

    @Override
    public void store(Op.Attention op, Run run, Rows k, Rows v, int firstHead, int lastHead, Scratch scratch) {
        for (int h = firstHead; h < lastHead; ) {
            int t = h / op.kvHeads();
            int end = Math.min(lastHead, (t + 1) * op.kvHeads());
            KvCache cache = run.cache(run.partOf(t));
            if (cache.type() == KvType.Q8_0) {
                Kernels.super.store(op, run, k, v, h, end, scratch);
            } else {
                int position = run.positionOf(t);
                scratch.floatOps().store(cache, position, h % op.kvHeads(), end - h, op.headDim(), k, v, t);
            }
            h = end;
        }
    }

    @Override
    public void attention(Op.Attention op, Run run, Rows q, Rows y, Worker worker) {
        for (int part = 0; part < run.parts(); part++) {
            if (!usable(MachineAttention.format(run.cache(part).type()))) {
                rest.attention(op, run, q, y, worker);
                return;
            }
        }
        attention.run(op, run, q, y, worker, worker.scratch.machineAttention());
    }

    @Override
    public void activate(
            Activation activation, Rows gate, Rows up, int tokens, int firstColumn, int lastColumn, Scratch scratch) {
        long column = (long) Float.BYTES * firstColumn;
        for (int t = 0; t < tokens && firstColumn < lastColumn; t++) {
            scratch.floatOps()
                    .activate(
                            activation,
                            gate.segment(),
                            gate.offset(t) + column,
                            up.segment(),
                            up.offset(t) + column,
                            lastColumn - firstColumn);
        }
    }

    @Override
    public void add(Rows a, Rows b, Rows y, int first, int last, Scratch scratch) {
        if (first < last) {
            long at = (long) Float.BYTES * first;
            scratch.floatOps()
                    .add(
                            a.segment(),
                            a.offset(0) + at,
                            b.segment(),
                            b.offset(0) + at,
                            y.segment(),
                            y.offset(0) + at,
                            last - first);
        }
    }

    @Override
    public int argMax(Rows x, int token, Scratch scratch) {
        return scratch.floatOps().argMax(x.data(), x.segment(), x.at(token), x.width);
    }

    private boolean usable(PanelCode.Format format) {
        Boolean known = usable.get(format);
        return known != null ? known : test(format);
    }

    private boolean test(PanelCode.Format format) {
        synchronized (testing) {
            Boolean known = usable.get(format);
            if (known == null) {
                Optional<String> difference = FloatSelfTest.difference(code, format);
                difference.ifPresent(d -> warn("products with " + format + " numbers", d));
                known = difference.isEmpty();
                Map<PanelCode.Format, Boolean> more = new EnumMap<>(PanelCode.Format.class);
                more.putAll(usable);
                more.put(format, known);
                usable = more;
            }
            return known;
        }
    }

    private static void warn(String what, String difference) {
        LOG.warn(
                "Machine code for {} is not used, which costs speed: {}. Please report this with the processor's name.",
                what,
                difference);
    }

    @Override
    public void close() {
        code.close();
        rest.close();
    }
}
