package dev.sluice.benches;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/** Opens the device that a benchmark's parameter names. */
final class Devices {
    private Devices() {}

    /**
     * @param id as {@code sluice devices} lists it
     * @param threads of the CPU, 0 for all
     */
    static Device open(String id, int threads, int batchTokens) {
        List<String> present = new ArrayList<>();
        for (Backend backend : ServiceLoader.load(Backend.class)) {
            for (DeviceInfo info : backend.discover().devices()) {
                if (info.id().equals(id)) {
                    Device device = backend.open(info, new DeviceOptions(threads, batchTokens));
                    System.out.println("path: " + device.path());
                    return device;
                }
                present.add(info.id());
            }
        }
        throw new IllegalArgumentException("no device " + id + "; there are " + present);
    }
}
