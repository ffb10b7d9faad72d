package dev.sluice.conformance;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.plan.DeviceCatalog;
import java.util.ArrayList;
import java.util.List;

/** The devices that whole-model tests run on: the CPU, and every OpenCL device present. */
final class TestDevices {
    private TestDevices() {}

    /**
     * Ids of all devices.
     *
     * @throws AssertionError if {@code SLUICE_REQUIRE_OPENCL=1} and there is no OpenCL device
     */
    static List<String> all() {
        DeviceCatalog catalog = DeviceCatalog.discover();
        List<String> ids = new ArrayList<>();
        for (DeviceInfo device : catalog.devices()) {
            ids.add(device.id());
        }
        if ("1".equals(System.getenv("SLUICE_REQUIRE_OPENCL"))
                && ids.stream().noneMatch(id -> id.startsWith("opencl"))) {
            throw new AssertionError("SLUICE_REQUIRE_OPENCL=1, but there is no OpenCL device: " + catalog.notes());
        }
        return ids;
    }
}
