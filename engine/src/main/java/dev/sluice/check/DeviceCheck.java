package dev.sluice.check;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.DevicePeaks;
import dev.sluice.backend.PeakMeter;
import dev.sluice.check.CheckOptions.Part;
import dev.sluice.plan.DeviceCatalog;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** Checks a device, part by part. */
public final class DeviceCheck {
    private final DeviceCatalog catalog;
    private final DeviceInfo device;
    private final CheckOptions options;
    private final Findings findings;

    /**
     * A check of one of the catalogue's devices.
     *
     * @param keep is given the report as it stands whenever something was found: a driver may end the process
     * @param say is told what is being done, a line each
     */
    public DeviceCheck(
            DeviceCatalog catalog,
            DeviceInfo device,
            CheckOptions options,
            Consumer<CheckReport> keep,
            Consumer<String> say) {
        this.catalog = catalog;
        this.device = device;
        this.options = options;
        findings = new Findings(
                engine(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                options.quick(),
                machine(),
                keep,
                say);
    }

    private static String engine() {
        Module module = DeviceCheck.class.getModule();
        return "sluice "
                + (module.isNamed() ? module.getDescriptor().rawVersion().orElse("(unknown version)") : "(class path)");
    }

    private Map<String, String> machine() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put(
                "system",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                        + System.getProperty("os.arch"));
        facts.put("java", Runtime.version().toString());
        facts.put("processors", "" + Runtime.getRuntime().availableProcessors());
        for (DeviceInfo other : catalog.devices()) {
            facts.put(other.id(), other.name() + " (" + other.platform() + ")");
        }
        return facts;
    }

    /** Runs all parts that were asked for. What fails is among the report's problems. */
    public CheckReport run() {
        describe();
        if (options.has(Part.PEAKS)
                || options.has(Part.GEMV)
                || options.has(Part.GEMM)
                || options.has(Part.ATTENTION)) {
            findings.attempt("the device " + device.id(), this::measureKernels);
        }
        if (options.has(Part.CONFORMANCE)) {
            new Conformance(catalog, device, options.quick(), findings).run();
        }
        if (options.has(Part.MODEL)) {
            Speeds speeds = new Speeds(catalog, device, options.quick(), findings);
            options.model().ifPresentOrElse(speeds::file, speeds::synthetic);
        }
        return findings.complete();
    }

    private void describe() {
        findings.describe("id", device.id());
        findings.describe("name", device.name());
        findings.describe("platform", device.platform());
        findings.describe("kind", device.kind().name().toLowerCase(Locale.ROOT));
        findings.describe("memory bytes", "" + device.memoryBytes());
        findings.describe("largest allocation bytes", "" + device.maxAllocationBytes());
        device.details().forEach(findings::describe);
    }

    private void measureKernels() {
        try (Device opened = catalog.open(device, new DeviceOptions(0, Shares.MANY))) {
            // Opening it has tried what it can do.
            DeviceCatalog.discover(device.id()).devices().stream()
                    .filter(d -> d.id().equals(device.id()))
                    .forEach(d -> d.details().forEach(findings::describe));
            findings.say("measuring peaks");
            try (Yardstick yardstick = Yardstick.of(opened)) {
                if (options.has(Part.PEAKS)) {
                    yardstick.meter().ifPresent(this::peaks);
                }
                Shares shares = new Shares(opened, yardstick, options, findings);
                if (options.has(Part.GEMV) || options.has(Part.GEMM)) {
                    shares.products();
                }
                if (options.has(Part.ATTENTION)) {
                    shares.attention();
                }
            }
            findings.describe("path", opened.path());
        }
    }

    private void peaks(PeakMeter meter) {
        findings.add(DevicePeaks.measure(meter, options.quick() ? 1 : 5));
    }
}
