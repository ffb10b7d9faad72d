package dev.sluice.backend;

import java.util.List;

/** A way to compute, such as {@code cpu} or {@code opencl}. Implementations have a public no-argument constructor. */
public interface Backend {
    /** The word that names this backend in a device specification. */
    String name();

    /** Looks for devices; never throws for a missing library or device. */
    Discovery discover();

    /**
     * Opens a device.
     *
     * @param info one of {@link #discover()}'s devices
     * @throws dev.sluice.error.SluiceException if the device cannot be opened
     */
    Device open(DeviceInfo info, DeviceOptions options);

    /**
     * What a backend found.
     *
     * @param devices the usable devices, in a stable order
     * @param notes what is missing and what would mend it, a sentence each; empty if nothing is
     */
    record Discovery(List<DeviceInfo> devices, List<String> notes) {
        public Discovery {
            devices = List.copyOf(devices);
            notes = List.copyOf(notes);
        }
    }
}
