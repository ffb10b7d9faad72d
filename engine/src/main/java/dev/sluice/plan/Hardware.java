package dev.sluice.plan;

import dev.sluice.error.SluiceException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A machine as the planner sees it.
 *
 * @param name for people
 * @param source where the figures come from: measured, or whose specification
 * @param host what its devices share
 * @param devices that may compute; ids differ
 */
public record Hardware(String name, String source, HostProfile host, List<DeviceProfile> devices) {
    public Hardware {
        devices = List.copyOf(devices);
        Checks.require(!devices.isEmpty(), "devices must list a device at least");
        Checks.require(devices.size() <= 8, "devices: a plan is for 8 devices at most, not " + devices.size());
        requireDistinct(devices.stream().map(DeviceProfile::id).toList());
    }

    static void requireDistinct(List<String> ids) {
        Checks.require(ids.stream().distinct().count() == ids.size(), "devices: two have the same id");
    }

    /**
     * The device with an id.
     *
     * @param option what asked for it, for the message
     * @throws SluiceException if there is none
     */
    int indexOf(String id, String option) {
        for (int i = 0; i < devices.size(); i++) {
            if (devices.get(i).id().equalsIgnoreCase(id)) {
                return i;
            }
        }
        throw new SluiceException(option + ": there is no device " + id + "; " + name + " has "
                + devices.stream().map(DeviceProfile::id).collect(Collectors.joining(", ")));
    }

    Hardware withDevice(int index, DeviceProfile device) {
        List<DeviceProfile> changed = new ArrayList<>(devices);
        changed.set(index, device);
        return new Hardware(name, source, host, changed);
    }

    Hardware withHost(HostProfile value) {
        return new Hardware(name, source, value, devices);
    }
}
