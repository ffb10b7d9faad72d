package dev.sluice.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.backend.CpuKernels;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.Precision;
import dev.sluice.backend.TuneReport;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Graph;
import dev.sluice.measure.Subject;
import dev.sluice.model.ModelFamilies;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.plan.ProfileStore;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice calibrate}: which kernel variants are the fastest for a model on a device. */
@Command(
        name = "calibrate",
        sortOptions = false,
        description = {
            "Measures which variants of its kernels a device computes a model's shapes fastest with.",
            "What is found is kept and used whenever such shapes are computed on this device again. Then it measures what"
                    + " plans and predictions need to know of the device, which is kept too, and tries it beside measured"
                    + " devices that are predicted to be about as fast. It takes a minute or so; let the machine do"
                    + " nothing else meanwhile.",
            ""
        },
        footer = {"", "Example:", "  sluice calibrate --model model.gguf --device opencl"})
final class CalibrateCommand implements Callable<Integer> {
    /** Tokens that the device is opened for: as many as its widest tiles take. */
    private static final int BATCH = 256;

    private final Streams streams;

    @Option(
            names = {"-m", "--model"},
            required = true,
            paramLabel = "FILE",
            description = "The model whose shapes are measured: a GGUF file, or the first part of a split one.")
    private Path model = Path.of("");

    @Option(
            names = "--device",
            defaultValue = "auto",
            paramLabel = "SPEC",
            description = "The device, as for generate (default: auto). 'sluice devices' lists what there is.")
    private String device = "auto";

    @Option(
            names = "--precision",
            defaultValue = "auto",
            paramLabel = "HOW",
            description = "The precision to calibrate for, auto (default) or exact: each has findings of its own.")
    private String precision = "auto";

    @Option(names = "--force", description = "Measure also what has been measured before.")
    private boolean force;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    CalibrateCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        DeviceOptions options = new DeviceOptions(0, BATCH, ModelOptions.precision(precision), CpuKernels.AUTO);
        try (ModelSource source = ModelFiles.open(model)) {
            Graph graph = ModelFamilies.lower(source);
            DeviceCatalog catalog = DeviceCatalog.discover(device);
            DeviceInfo chosen = catalog.select(device);
            TuneReport report;
            try (Device opened = catalog.open(chosen, options)) {
                try (ProgressLine progress = ProgressLine.on(streams, common)) {
                    report = opened.tune(graph.layers(), force, progress::report);
                }
            }
            if (options.precision() == Precision.AUTO) { // which plans are made for
                ProfileStore store = ProfileStore.ofUser();
                try (ProgressLine progress = ProgressLine.on(streams, common)) {
                    // Opened anew, it computes with what was chosen.
                    MachineProfiler.measure(catalog, List.of(chosen), Subject.of(graph), model, store, progress);
                    DeviceTrial.run(model, null, catalog.devices(), 1, store, progress);
                }
            }
            if (json) {
                streams.out().println(json(chosen, options.precision(), report));
            } else {
                print(chosen, report);
                if (options.precision() == Precision.AUTO) {
                    streams.out()
                            .println(
                                    "the profile of " + chosen.id() + " is measured: 'sluice plan' and --stats use it");
                }
            }
        }
        return 0;
    }

    private void print(DeviceInfo chosen, TuneReport report) {
        PrintStream out = streams.out();
        if (!report.rows().isEmpty()) {
            out.printf("%s  %s (%s)%n%n", chosen.id(), chosen.name(), chosen.platform());
            int shape = width(report, "shape".length(), true);
            int before = width(report, "default".length(), false);
            String line = "%-" + shape + "s  %-" + before + "s  %-8s  %s%n";
            out.printf(line, "shape", "default", "speed-up", "chosen");
            for (TuneReport.Row row : report.rows()) {
                boolean same = row.chosen().isEmpty();
                out.printf(
                        line,
                        row.shape(),
                        row.before(),
                        same ? "-" : String.format(Locale.ROOT, "%.2f", row.speedUp()),
                        (same ? "the default" : row.chosen()) + (row.measured() ? "" : " (measured before)"));
            }
            out.println();
        }
        out.println(report.note());
        if (report.rows().isEmpty()) {
            out.println("OpenCL devices have: --device opencl, or one of those that 'sluice devices' lists");
        }
    }

    private static int width(TuneReport report, int least, boolean shape) {
        return report.rows().stream()
                .mapToInt(row -> (shape ? row.shape() : row.before()).length())
                .reduce(least, Math::max);
    }

    private static String json(DeviceInfo chosen, Precision precision, TuneReport report) throws IOException {
        ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        ObjectNode root = mapper.createObjectNode();
        root.put("device", chosen.id());
        root.put("name", chosen.name());
        root.put("platform", chosen.platform());
        root.put("precision", precision.name().toLowerCase(Locale.ROOT));
        ArrayNode rows = root.putArray("shapes");
        for (TuneReport.Row row : report.rows()) {
            ObjectNode node = rows.addObject();
            node.put("shape", row.shape());
            node.put("default", row.before());
            node.put("chosen", row.chosen());
            node.put("speed_up", Math.round(row.speedUp() * 1000) / 1000.0);
            node.put("measured_now", row.measured());
        }
        root.put("note", report.note());
        return mapper.writeValueAsString(root);
    }
}
