package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DevicesTest {
    @Test
    void listsTheSameDevicesEachTime() {
        OpenCl.Available opencl = OpenClTests.available();
        List<Device> devices = opencl.devices();
        assertFalse(devices.isEmpty());
        assertEquals(devices, opencl.devices());
        assertEquals(devices.size(), devices.stream().distinct().count());
        assertTrue(opencl.platforms().contains(devices.getFirst().platform()));
    }

    @ParameterizedTest
    @MethodSource("dev.sluice.opencl.OpenClTests#devices")
    void describesADeviceCoherently(Device device) {
        DeviceInfo info = device.info();
        assertFalse(info.name().isBlank());
        assertFalse(info.vendor().isBlank());
        assertTrue(info.version().startsWith("OpenCL "), info.version());
        assertTrue(info.versionAtLeast(1, 2), info.version());
        assertTrue(info.openClCVersion().startsWith("OpenCL C "), info.openClCVersion());
        assertFalse(device.platform().info().name().isBlank());
        assertTrue(info.computeUnits() > 0);
        assertTrue(info.maxAllocation() > 0 && info.maxAllocation() <= info.globalMemory());
        assertTrue(info.localMemory() >= 16 << 10, "OpenCL demands at least 16 KiB on devices that are not custom");
        assertTrue(info.maxWorkGroupSize() > 0);
        assertEquals(3, info.maxWorkItemSizes().size());
        assertTrue(info.baseAddressAlignment() > 0 && info.baseAddressAlignment() <= 65536);
        assertTrue(info.preferredVectorWidths().floats() > 0);
        assertEquals(info.hasExtension("cl_khr_fp16"), info.fp16());
        assertTrue(info.hasExtension("cl_khr_global_int32_base_atomics"), "every device has had it since 1.1");
        assertEquals(
                info.hasExtension("cl_khr_device_uuid"),
                info.uuid().filter(uuid -> uuid.length() == 32).isPresent());
    }
}
