package dev.sluice.cli;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.bench.ReadBandwidth;
import dev.sluice.measure.DeviceProfiler;
import dev.sluice.measure.DiskRates;
import dev.sluice.measure.Subject;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.plan.DeviceProfile;
import dev.sluice.plan.HostProfile;
import dev.sluice.plan.ProfileStore;
import dev.sluice.runtime.Progress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Measures the devices of this machine, one after the other, and keeps what was found. */
final class MachineProfiler {
    private static final int PASSES = 5;

    private MachineProfiler() {}

    /**
     * Measures.
     *
     * @param file of the model, whose disk is measured; null if there is none
     */
    static void measure(
            DeviceCatalog catalog,
            List<DeviceInfo> devices,
            Subject subject,
            @Nullable Path file,
            ProfileStore store,
            Progress progress) {
        int done = 0;
        long available = 0;
        for (DeviceInfo info : devices) {
            progress.report("measuring " + info.id(), done++, devices.size() + 1);
            try (Device device = catalog.open(info, new DeviceOptions(0, DeviceProfiler.MOST_TOKENS))) {
                DeviceProfile profile = DeviceProfiler.measure(
                        device,
                        subject,
                        (what, at, of) -> progress.report("measuring " + info.id() + ": " + what, at, of));
                store.keep(info, store.find(info).map(profile::after).orElse(profile));
                if (info.kind() == DeviceInfo.Kind.CPU) {
                    available = Math.max(available, profile.memoryBytes());
                }
            }
        }
        progress.report("measuring the host's memory", done, devices.size() + 1);
        long memory = available > 0 ? available : catalog.select("cpu").memoryBytes();
        try (ReadBandwidth bandwidth = new ReadBandwidth(Runtime.getRuntime().availableProcessors(), memory)) {
            Optional<DiskRates> disk = file == null ? Optional.empty() : DiskRates.of(file);
            HostProfile host = new HostProfile(
                    memory,
                    bandwidth.sample(PASSES).median(),
                    disk.map(rates -> rates.direct().orElse(0)).orElse(0.0),
                    disk.map(DiskRates::cached).orElse(0.0));
            store.keepHost(store.findHost().map(host::after).orElse(host));
        }
    }
}
