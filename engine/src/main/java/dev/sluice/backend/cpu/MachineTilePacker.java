package dev.sluice.backend.cpu;

import dev.sluice.backend.cpu.asm.CpuFeatures;
import dev.sluice.backend.cpu.asm.PackCode;
import dev.sluice.backend.cpu.asm.Program;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.backend.tiles.TilePacker;
import dev.sluice.system.MachineCode;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@link PackCode} for devices that are not the CPU, but have their weights as it has them. Its code stays loaded. */
public final class MachineTilePacker implements TilePacker {
    private static final Logger LOG = LoggerFactory.getLogger(MachineTilePacker.class);

    private @Nullable MachineCode code;
    private @Nullable Program program;
    private boolean looked;
    /** By format: whether its code passed its test. */
    private final Map<PackCode.Format, Boolean> usable = new EnumMap<>(PackCode.Format.class);

    @Override
    public boolean pack(Tensor tensor, MemorySegment target, long firstTile, long lastTile) {
        PackCode.Format format = PackCode.Format.of(tensor.type());
        MemorySegment rows = tensor.data();
        if (format == null || !rows.isNative() || !target.isNative()) {
            return false;
        }
        MemorySegment function = function(format);
        if (function == null) {
            return false;
        }
        long cols = tensor.shape().cols();
        long tileRows = tensor.type().bytes(cols) * RowTiles.ROWS;
        long tileBytes = RowTiles.tileBytes(tensor.type(), cols);
        Objects.checkFromToIndex(firstTile, lastTile, tensor.shape().rows() / RowTiles.ROWS);
        Objects.checkFromToIndex(firstTile * tileRows, lastTile * tileRows, rows.byteSize());
        Objects.checkFromIndexSize(0, (lastTile - firstTile) * tileBytes, target.byteSize());
        int units = Math.toIntExact(cols / tensor.type().blockSize());
        long rowBytes = tensor.type().bytes(cols);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment arguments = arguments(arena);
            for (long tile = firstTile; tile < lastTile; tile++) {
                call(
                        function,
                        arguments,
                        rows.address() + tile * tileRows,
                        rowBytes,
                        target.address() + (tile - firstTile) * tileBytes,
                        units);
            }
        } finally {
            // Only their addresses were passed on.
            Reference.reachabilityFence(rows);
            Reference.reachabilityFence(target);
        }
        return true;
    }

    private static MemorySegment arguments(Arena arena) {
        MemorySegment arguments = arena.allocate(PackCode.ARGUMENTS, 64);
        PackCode.prepare(arguments);
        return arguments;
    }

    private static void call(
            MemorySegment function, MemorySegment arguments, long rows, long rowBytes, long tile, int units) {
        arguments.set(ValueLayout.JAVA_LONG, PackCode.ROWS, rows);
        arguments.set(ValueLayout.JAVA_LONG, PackCode.ROW_BYTES, rowBytes);
        arguments.set(ValueLayout.JAVA_LONG, PackCode.TILE, tile);
        arguments.set(ValueLayout.JAVA_LONG, PackCode.UNITS, units);
        MachineCode.call(function, arguments.address(), MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL);
    }

    /** The code for a format, tested; null if there is none. */
    private synchronized @Nullable MemorySegment function(PackCode.Format format) {
        if (!looked) {
            looked = true;
            load();
        }
        MachineCode loaded = code;
        if (loaded == null) {
            return null;
        }
        MemorySegment function = loaded.function(Objects.requireNonNull(program).offset(format.function()));
        return usable.computeIfAbsent(format, f -> passes(function, f)) ? function : null;
    }

    private void load() {
        try {
            CpuFeatures features = CpuFeatures.detect();
            if (features.avx2()) {
                Program assembled = PackCode.assemble(features.avx512());
                code = MachineCode.load(assembled.code());
                program = assembled;
            }
        } catch (MachineCode.Refused e) {
            LOG.debug("weights are packed by Java's code: {}", e.getMessage());
        }
    }

    private static boolean passes(MemorySegment function, PackCode.Format format) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment arguments = arguments(arena);
            return FloatSelfTest.difference(
                            (f, rows, rowBytes, tile, units) -> call(function, arguments, rows, rowBytes, tile, units),
                            format)
                    .map(difference -> {
                        LOG.warn("machine code for packing {} is not used: {}", format, difference);
                        return false;
                    })
                    .orElse(true);
        }
    }
}
