package dev.sluice.cli;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.check.CheckOptions;
import dev.sluice.check.CheckPage;
import dev.sluice.check.CheckReport;
import dev.sluice.check.DeviceCheck;
import dev.sluice.error.SluiceException;
import dev.sluice.plan.DeviceCatalog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice check}: how a device does. */
@Command(
        name = "check",
        sortOptions = false,
        description = {
            "Checks a device: peaks, kernels, results, models.",
            "Measures what the device reaches at best (memory, arithmetic, launches, transfers), which share of that our"
                    + " kernels reach, whether they compute right, and how fast models are. scripts/gpu-check carries it"
                    + " to machines that have nothing but a driver.",
            ""
        },
        footer = {"", "Example:", "  sluice check --device opencl:0 --json check.json --page check.md"})
final class CheckCommand implements Callable<Integer> {
    private final Streams streams;

    @Option(
            names = "--device",
            defaultValue = "auto",
            paramLabel = "SPEC",
            description = "auto (default): the GPU with the most memory; else as for generate: cpu, opencl, opencl:0,"
                    + " opencl:WORD.")
    private String device = "auto";

    @Option(
            names = {"-m", "--model"},
            paramLabel = "FILE",
            description = "The model whose speed is measured (default: models of random weights, 1 B and 8 B where they"
                    + " fit).")
    private @Nullable Path model;

    @Option(
            names = "--parts",
            split = ",",
            paramLabel = "PART",
            description = "Only these: peaks, conformance, gemv, gemm, attention, model.")
    private List<CheckOptions.Part> parts = List.of();

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Also write the report as JSON, anew with each finding.")
    private @Nullable Path json;

    @Option(names = "--page", paramLabel = "FILE", description = "Write the page there, not to standard output.")
    private @Nullable Path page;

    @Option(names = "--quick", description = "Small and short: shows that all works.")
    private boolean quick;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    CheckCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() {
        if (model != null && !Files.isRegularFile(model)) {
            throw new SluiceException(model + ": there is no such file");
        }
        DeviceCatalog catalog = DeviceCatalog.discover(device);
        DeviceInfo info = select(catalog);
        Set<CheckOptions.Part> wanted =
                parts.isEmpty() ? EnumSet.allOf(CheckOptions.Part.class) : EnumSet.copyOf(parts);
        CheckReport report = new DeviceCheck(
                        catalog,
                        info,
                        new CheckOptions(wanted, quick, Optional.ofNullable(model)),
                        this::keep,
                        line -> {
                            if (!common.quiet()) {
                                streams.err().println(line);
                            }
                        })
                .run();
        if (page == null) {
            streams.out().print(CheckPage.of(report));
        }
        if (!report.agrees()) {
            throw new SluiceException(info.id() + " computes WRONG results: the page says which");
        }
        if (report.isEmpty()) {
            throw new SluiceException(
                    "nothing could be measured on " + info.id() + ": " + String.join("; ", report.problems()));
        }
        return 0;
    }

    private DeviceInfo select(DeviceCatalog catalog) {
        DeviceInfo info = catalog.select(device);
        if (device.strip().equalsIgnoreCase("auto") && info.kind() == DeviceInfo.Kind.CPU) {
            List<String> there = catalog.devices().stream()
                    .map(d -> d.id() + " (" + d.name() + ", " + d.platform() + ")")
                    .toList();
            throw new SluiceException("there is no GPU to check. " + String.join(" ", catalog.notes())
                    + (catalog.notes().isEmpty() ? "" : " ") + "Present: " + String.join("; ", there)
                    + "; --device names one of these.");
        }
        return info;
    }

    private void keep(CheckReport report) {
        if (json != null) {
            write(json, report.json());
        }
        if (page != null) {
            write(page, CheckPage.of(report));
        }
    }

    /** The whole new text or the old one: the process may end at any time. */
    private static void write(Path file, String text) {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            Files.writeString(part, text);
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new SluiceException(file + " could not be written: " + e.getMessage(), e);
        }
    }
}
