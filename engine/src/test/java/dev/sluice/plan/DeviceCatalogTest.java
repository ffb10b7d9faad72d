package dev.sluice.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceInfo.Kind;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.error.SluiceException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeviceCatalogTest {
    private static final DeviceInfo HOST = device("cpu", "cpu", Kind.CPU, "AMD EPYC", "JVM", "", 64);
    private static final DeviceInfo INTEL =
            device("opencl:0", "opencl", Kind.CPU, "AMD EPYC", "Intel(R) OpenCL", "OpenCL 3.1", 64);
    private static final DeviceInfo POCL = device(
            "opencl:1", "opencl", Kind.CPU, "pthread-AMD EPYC", "Portable Computing Language", "OpenCL 3.0 PoCL", 8);
    private static final DeviceInfo SMALL =
            device("opencl:2", "opencl", Kind.GPU, "Arc A380", "Intel(R) OpenCL Graphics", "OpenCL 3.0", 6);
    private static final DeviceInfo LARGE =
            device("opencl:3", "opencl", Kind.GPU, "RX 7900 XTX", "AMD Accelerated", "OpenCL 2.1", 24);

    private static DeviceInfo device(
            String id, String backend, Kind kind, String name, String platform, String version, long memory) {
        return new DeviceInfo(id, backend, kind, name, platform, memory, memory, Map.of("version", version));
    }

    private static DeviceCatalog catalog(DeviceInfo... openCl) {
        return DeviceCatalog.of(List.of(
                backend("cpu", List.of(HOST), List.of()),
                backend("opencl", List.of(openCl), openCl.length == 0 ? List.of("No OpenCL library.") : List.of())));
    }

    private static Backend backend(String name, List<DeviceInfo> devices, List<String> notes) {
        return new Backend() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Discovery discover() {
                return new Discovery(devices, notes);
            }

            @Override
            public Device open(DeviceInfo info, DeviceOptions options) {
                throw new IllegalStateException("not in this test");
            }
        };
    }

    @Test
    void autoTakesTheGpuWithTheMostMemoryOrElseTheCpu() {
        assertEquals(LARGE, catalog(INTEL, SMALL, LARGE).select("auto"));
        assertEquals(HOST, catalog(INTEL, POCL).select("auto"));
        assertEquals(HOST, catalog().select("auto"));
    }

    @Test
    void aBackendsNameMeansItsBestDevice() {
        assertEquals(HOST, catalog(SMALL).select("cpu"));
        assertEquals(SMALL, catalog(INTEL, SMALL).select("opencl"));
        assertEquals(INTEL, catalog(INTEL, POCL).select("opencl"));
    }

    @Test
    void anIdOrAWordInAnyCaseMeansOneDevice() {
        DeviceCatalog all = catalog(INTEL, POCL, SMALL, LARGE);
        assertEquals(POCL, all.select("opencl:1"));
        assertEquals(POCL, all.select("opencl:pocl"));
        assertEquals(POCL, all.select("OpenCL:Portable"));
        assertEquals(LARGE, all.select("opencl:7900 xtx"));
        assertEquals(SMALL, all.select("opencl:intel"), "of several, the GPU");
    }

    @Test
    void whatMatchesNothingIsToldWhatThereIsAndWhatIsMissing() {
        String message = assertThrows(SluiceException.class, () -> catalog().select("opencl"))
                .getMessage();
        assertTrue(message.contains("cpu (AMD EPYC") && message.contains("No OpenCL library."), message);
        assertThrows(SluiceException.class, () -> catalog(INTEL, POCL).select("opencl:3"));
        assertThrows(SluiceException.class, () -> catalog(INTEL).select("gpu"));
        assertThrows(SluiceException.class, () -> catalog(INTEL).select("opencl:0,cpu"));
    }
}
