package dev.sluice.cli;

import dev.sluice.LoadOptions;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.bench.DecodeTrial;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelIdentity;
import dev.sluice.formats.ModelSource;
import dev.sluice.model.ModelFamilies;
import dev.sluice.plan.GraphShape;
import dev.sluice.plan.PlanRequest;
import dev.sluice.plan.ProfileStore;
import dev.sluice.plan.SingleDevices;
import dev.sluice.plan.Trial;
import dev.sluice.runtime.Progress;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tries those devices with a model that predictions cannot tell apart, and keeps what was found. */
final class DeviceTrial {
    private DeviceTrial() {}

    /**
     * Tries, if there is a doubt.
     *
     * @param hardware file of simulated devices; null if there are none
     * @param devices of which those that have been measured may be tried
     * @param sequences a token of each in every step
     */
    static void run(
            Path file,
            @Nullable String hardware,
            List<DeviceInfo> devices,
            int sequences,
            ProfileStore store,
            Progress progress) {
        List<DeviceInfo> measured =
                devices.stream().filter(info -> store.find(info).isPresent()).toList();
        if (measured.stream().map(DeviceTrial::make).distinct().count() < 2) {
            return; // two of the same need no trial
        }
        String identity;
        SingleDevices single;
        try (ModelSource source = ModelFiles.open(file)) {
            identity = ModelIdentity.of(source);
            PlanRequest request = PlanRequest.DEFAULT.withBatch(sequences).withDepth(0);
            single = new SingleDevices(
                    GraphShape.of(ModelFamilies.lower(source), file.toString()), store.hardware(measured), request);
        }
        List<String> rivals = single.rivals();
        if (rivals.size() > 1) {
            LoadOptions options = LoadOptions.DEFAULT.withHardware(hardware);
            Trial trial = new DecodeTrial(file, options, sequences, single.stepsPerSecond()).run(rivals, progress);
            store.keepTrial(identity, measured, trial);
        }
    }

    private static List<String> make(DeviceInfo info) {
        return List.of(info.name(), info.platform());
    }
}
