package dev.sluice.backend.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.backend.tiles.WeightLayout;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which layout of weights a device starts from. */
class LayoutChoiceTest {
    private static WeightLayout layout(String vendor, int localKilobytes, boolean dedicated, long maxWorkGroup) {
        return DeviceTuning.of(
                        AbsentGpus.gpu(vendor, localKilobytes, dedicated, maxWorkGroup, List.of(), true), Set.of())
                .layout();
    }

    @Test
    void gpusOfPhonesHaveRowColumns() {
        AbsentGpus.all()
                .forEach((name, info) -> assertEquals(
                        WeightLayout.PLANES, DeviceTuning.of(info, Set.of()).layout(), name));
        assertEquals(WeightLayout.PLANES, layout("a maker", 32, true, 256));
        assertEquals(WeightLayout.COLUMNS, layout("a maker", 32, false, 256), "local memory is global memory");
        assertEquals(WeightLayout.COLUMNS, layout("a maker", 16, true, 256), "little local memory");
        assertEquals(WeightLayout.COLUMNS, layout("ARM", 32, false, 512));
        assertEquals(WeightLayout.COLUMNS, layout("QUALCOMM", 32, true, 1024));
        assertEquals(WeightLayout.COLUMNS, layout("Imagination Technologies", 32, true, 512));
        assertEquals(WeightLayout.TILES, layout("ARM", 32, false, 64), "groups are too small");
    }
}
