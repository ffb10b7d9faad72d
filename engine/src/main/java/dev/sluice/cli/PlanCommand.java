package dev.sluice.cli;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.KvType;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelIdentity;
import dev.sluice.formats.ModelSource;
import dev.sluice.measure.Subject;
import dev.sluice.model.ModelFamilies;
import dev.sluice.plan.ClearGain;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.plan.GraphShape;
import dev.sluice.plan.Hardware;
import dev.sluice.plan.HardwareFiles;
import dev.sluice.plan.ModelShape;
import dev.sluice.plan.Objective;
import dev.sluice.plan.PlaceRule;
import dev.sluice.plan.Plan;
import dev.sluice.plan.PlanJson;
import dev.sluice.plan.PlanRequest;
import dev.sluice.plan.PlanTable;
import dev.sluice.plan.Planner;
import dev.sluice.plan.ProfileStore;
import dev.sluice.plan.ShapeFiles;
import dev.sluice.plan.Stage;
import dev.sluice.plan.Trial;
import dev.sluice.simulate.Simulation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice plan}: where each layer will be computed, what that takes and how fast it will be. */
@Command(
        name = "plan",
        sortOptions = false,
        description = {
            "Plans which device computes which layer, and says how fast it will be and why.",
            "The plan is the best there is for the measured speeds of devices, links and memory; layers stay on a device,"
                    + " are streamed to it behind the computation, or are computed on the CPU. --hardware plans for a"
                    + " machine that is not here, --model also for models that are not.",
            ""
        },
        footer = {
            "",
            "Examples:",
            "  sluice plan --model model.gguf",
            "  sluice plan --model 70b --hardware rtx-4090 --ctx 8192"
        })
final class PlanCommand implements Callable<Integer> {
    private final Streams streams;

    @Option(
            names = {"-m", "--model"},
            required = true,
            paramLabel = "FILE|SHAPE",
            description = "A GGUF file; or a model that is not here: a JSON description, or 8b, 70b, 405b, 1t-moe.")
    private String model = "";

    @Option(
            names = "--hardware",
            paramLabel = "FILE|NAME",
            description = "A machine described in a JSON file, or rtx-4090, two-gpus, h100, laptop (default: this"
                    + " machine, as --measure has measured it).")
    private @Nullable String hardware;

    @Option(
            names = "--measure",
            description = "Measure the devices of this machine before, anew, or those that --hardware's file has"
                    + " simulated here; their profiles are kept, and used by what is loaded later. Those that are"
                    + " predicted to be about as fast as each other are tried with the model. It takes half a minute for"
                    + " each; let the machine do nothing else meanwhile.")
    private boolean measure;

    @Option(
            names = "--device",
            split = ",",
            paramLabel = "ID",
            description = "Only these devices, such as cpu,opencl:0 (default: all).")
    private List<String> devices = List.of();

    @Option(
            names = "--objective",
            defaultValue = "latency",
            paramLabel = "WHAT",
            description = "latency (default): the shortest step; throughput: the most tokens per second of all"
                    + " sequences.")
    private Objective objective = Objective.LATENCY;

    @Option(
            names = {"-b", "--batch"},
            defaultValue = "1",
            paramLabel = "N",
            description = "Sequences decoded at once, or auto for the best number (default: ${DEFAULT-VALUE}).")
    private String batch = "1";

    @Option(
            names = {"-c", "--ctx"},
            defaultValue = "0",
            paramLabel = "N",
            description = "Context length in tokens (default: the model's own, at most 4096).")
    private int context;

    @Option(
            names = {"-d", "--depth"},
            paramLabel = "N",
            description = "Tokens in the context at which decoding is predicted (default: half of the context).")
    private @Nullable Integer depth;

    @Option(
            names = "--kv",
            defaultValue = "f16",
            paramLabel = "TYPE",
            description = "Number format of the KV cache: f16 (default), f32 or q8_0.")
    private KvType kv = KvType.F16;

    @Option(
            names = "--memory",
            paramLabel = "SPEC",
            description = "The most memory to take: 512M of each device, or opencl:0=6G,cpu=20G.")
    private @Nullable String memory;

    @Option(
            names = {"-ngl", "--gpu-layers"},
            paramLabel = "N",
            description = "The last N blocks, and the head behind them, are resident on GPUs, the blocks before on the"
                    + " CPU.")
    private @Nullable Integer gpuLayers;

    @Option(
            names = "--place",
            paramLabel = "REGEX=ID",
            description = "Layers whose name matches are computed by this device: 'block [0-9]$=opencl:0',"
                    + " 'head=cpu'. May be given again.")
    private List<String> places = List.of();

    @Mixin
    private final HostShareOption hostShare = new HostShareOption();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    /** The devices of this machine that are planned for. */
    private List<DeviceInfo> here = List.of();

    PlanCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() {
        PlanRequest request = request();
        ModelShape shape = shape();
        Hardware machine = isHere() ? measured(shape) : HardwareFiles.read(Objects.requireNonNull(hardware));
        Plan plan = Planner.plan(shape, machine, request);
        streams.out().print(json ? PlanJson.write(plan, machine) + "\n" : PlanTable.write(plan, machine));
        if (!json && isHere()) {
            Trial trial = isDescribed() ? Trial.NONE : ProfileStore.ofUser().trial(identity(), plan.batch(), here);
            printChoice(ClearGain.of(plan, shape, machine, request, trial), plan, trial);
        }
        return 0;
    }

    /** Says so if something else than the best plan is what loading the model takes. */
    private void printChoice(Plan chosen, Plan best, Trial trial) {
        List<String> used = chosen.stages().stream().map(Stage::device).toList();
        if (used.equals(best.stages().stream().map(Stage::device).toList()) && chosen.halved() == best.halved()) {
            return;
        }
        String why = trial.text().isEmpty()
                ? "several devices must promise clearly more than one"
                : "the fastest of those " + trial.text();
        streams.out()
                .println("Loaded onto these devices it is computed by " + String.join(", ", used) + " alone: " + why
                        + ".");
    }

    /** Whether the devices are those of this machine, or simulated on it. */
    private boolean isHere() {
        return hardware == null || measure;
    }

    private PlanRequest request() {
        if (context < 0) {
            throw new UsageException("--ctx must be 0 (the model's own) or more, not " + context);
        }
        if (depth != null && depth < 0) {
            throw new UsageException("--depth must be 0 or more, not " + depth);
        }
        if (gpuLayers != null && gpuLayers < 0) {
            throw new UsageException("--gpu-layers must be 0 or more, not " + gpuLayers);
        }
        return PlanRequest.DEFAULT
                .withObjective(objective)
                .withBatch(batch())
                .withContext(context)
                .withDepth(depth == null ? -1 : depth)
                .withKv(kv)
                .withDevices(isHere() ? List.of() : devices) // of this machine no others are asked for
                .withHostShare(hostShare.value())
                .withGpuLayers(gpuLayers)
                .withPlaces(places.stream().map(PlaceRule::parse).toList())
                .withMemory(memory == null ? Map.of() : limits(memory));
    }

    private int batch() {
        if (batch.equalsIgnoreCase("auto")) {
            return 0;
        }
        try {
            int sequences = Integer.parseInt(batch);
            if (sequences > 0) {
                return sequences;
            }
        } catch (NumberFormatException e) {
            throw new UsageException("--batch must be a number or auto, not '" + batch + "'", e);
        }
        throw new UsageException("--batch must be 1 or more, or auto, not " + batch);
    }

    private static Map<String, Long> limits(String spec) {
        if (spec.indexOf('=') < 0) {
            return Map.of(PlanRequest.EACH, ByteSize.parse(spec));
        }
        Map<String, Long> limits = new LinkedHashMap<>();
        for (String entry : spec.split(",", -1)) {
            int equals = entry.indexOf('=');
            if (equals <= 0) {
                throw new UsageException("--memory: '" + entry + "' names no device; write opencl:0=6G,cpu=20G");
            }
            String id = entry.substring(0, equals).strip().toLowerCase(Locale.ROOT);
            if (limits.put(id, ByteSize.parse(entry.substring(equals + 1))) != null) {
                throw new UsageException("--memory names " + id + " twice");
            }
        }
        return limits;
    }

    private ModelShape shape() {
        if (isDescribed()) {
            return ShapeFiles.read(model);
        }
        try (ModelSource source = ModelFiles.open(Path.of(model))) {
            return GraphShape.of(
                    ModelFamilies.lower(source), String.valueOf(Path.of(model).getFileName()));
        }
    }

    private Subject subject(ModelShape shape) {
        if (isDescribed()) {
            return Subject.of(shape.formats());
        }
        try (ModelSource source = ModelFiles.open(Path.of(model))) {
            return Subject.of(ModelFamilies.lower(source));
        }
    }

    private String identity() {
        try (ModelSource source = ModelFiles.open(Path.of(model))) {
            return ModelIdentity.of(source);
        }
    }

    private boolean isDescribed() {
        return ShapeFiles.names().contains(model) || model.endsWith(".json");
    }

    private Hardware measured(ModelShape shape) {
        List<Simulation> simulated = hardware == null ? List.of() : HardwareFiles.simulations(hardware);
        DeviceCatalog catalog = DeviceCatalog.discover("", simulated);
        List<String> wanted =
                devices.isEmpty() ? simulated.stream().map(Simulation::id).toList() : devices;
        List<DeviceInfo> chosen = new ArrayList<>();
        for (String id : wanted) {
            chosen.add(catalog.select(id));
        }
        List<DeviceInfo> all = chosen.isEmpty() ? catalog.devices() : chosen;
        ProfileStore store = ProfileStore.ofUser();
        if (measure) {
            try (ProgressLine progress = ProgressLine.on(streams, common)) {
                MachineProfiler.measure(
                        catalog, all, subject(shape), isDescribed() ? null : Path.of(model), store, progress);
                if (!isDescribed() && batch() > 0) {
                    DeviceTrial.run(Path.of(model), hardware, all, batch(), store, progress);
                }
            }
        }
        here = all;
        return store.hardware(all);
    }
}
