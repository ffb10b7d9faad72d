package dev.sluice.backend.cpu.asm;

import dev.sluice.system.MachineCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random shapes and numbers through every kernel that this processor runs, compared bit by bit with the reference, with
 * guards around all that is written. {@code -Dsluice.fuzz.seconds=600} lets it run longer than the usual few seconds,
 * {@code -Dsluice.fuzz.seed} repeats a run.
 */
@Tag("slow")
class Int8FuzzTest {
    @Test
    void randomShapesGiveTheBitsOfTheReference() throws MachineCode.Refused {
        long seconds = Long.getLong("sluice.fuzz.seconds", 5);
        long seed = Long.getLong("sluice.fuzz.seed", System.nanoTime());
        List<Int8Kernels> all = new ArrayList<>();
        CpuFeatures features;
        try {
            features = CpuFeatures.detect();
        } catch (MachineCode.Refused e) {
            Assumptions.abort(e.getMessage());
            return;
        }
        for (Isa isa : Isa.values()) {
            if (isa.runsOn(features)) {
                Int8Kernels kernels = new Int8Kernels(isa);
                for (TileFormat format : TileFormat.values()) {
                    kernels.prepare(format);
                }
                all.add(kernels);
            }
        }
        Assumptions.assumeFalse(all.isEmpty(), "this processor has no AVX2");
        List<TileFormat> formats = List.of(TileFormat.values());
        Random random = new Random(seed);
        long end = System.nanoTime() + seconds * 1_000_000_000;
        long shapes = 0;
        while (System.nanoTime() < end || shapes == 0) {
            TileFormat format = formats.get(random.nextInt(formats.size()));
            Int8Kernels kernels = all.get(random.nextInt(all.size()));
            int cols = format.unitColumns() * (1 + random.nextInt(Math.max(2, 1024 / format.unitColumns())));
            int rows = 1 + random.nextInt(60);
            int tokens = 1 + random.nextInt(40);
            float[] x = new float[tokens * cols];
            for (int i = 0; i < x.length; i++) {
                double spread = random.nextInt(50) == 0 ? 30 : 1;
                x[i] = (float) (random.nextGaussian() * spread);
            }
            try {
                Int8ProductTest.check(
                        kernels, format, Int8ProductTest.matrix(format, rows, cols, random.nextLong()), x, tokens);
            } catch (AssertionError e) {
                throw new AssertionError("with -Dsluice.fuzz.seed=" + seed + ", shape " + shapes, e);
            }
            shapes++;
        }
        all.forEach(Int8Kernels::close);
        System.out.println(shapes + " random shapes without a difference");
    }
}
