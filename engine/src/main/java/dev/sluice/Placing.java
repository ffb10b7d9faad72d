package dev.sluice;

import dev.sluice.backend.CacheFolder;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Graph;
import dev.sluice.plan.ClearGain;
import dev.sluice.plan.DeviceBytes;
import dev.sluice.plan.DeviceNeeds;
import dev.sluice.plan.GraphShape;
import dev.sluice.plan.Hardware;
import dev.sluice.plan.MemoryBudget;
import dev.sluice.plan.ModelShape;
import dev.sluice.plan.Objective;
import dev.sluice.plan.PlaceRule;
import dev.sluice.plan.Plan;
import dev.sluice.plan.PlanRequest;
import dev.sluice.plan.Planner;
import dev.sluice.plan.ProfileStore;
import dev.sluice.plan.Shares;
import dev.sluice.plan.Stage;
import dev.sluice.plan.StreamChoice;
import dev.sluice.plan.Trial;
import dev.sluice.runtime.Assignment;
import dev.sluice.runtime.HostShare;
import dev.sluice.system.PhysicalMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Decides, before anything is allocated, what each device takes of a model, and from where it gets the weights. */
final class Placing {
    /** The name under which {@code --memory} limits what streamed weights take of the host's memory. */
    static final String HOST = "host";

    private final String model;
    private final String identity;
    private final Graph graph;
    private final int context;
    private final LoadOptions options;
    private final DeviceNeeds needs;
    private final List<String> notes = new ArrayList<>();
    private @Nullable String noPlan;

    /**
     * For a model.
     *
     * @param model for messages
     * @param identity differs from that of every other model
     */
    Placing(String model, String identity, Graph graph, int context, LoadOptions options) {
        this.model = model;
        this.identity = identity;
        this.graph = graph;
        this.context = context;
        this.options = options;
        needs = new DeviceNeeds(graph, context, options.kvType(), options.batchTokens());
    }

    /** What is to be said of it, a sentence each. */
    List<String> notes() {
        return notes;
    }

    /**
     * One device takes all, streamed as far as must be; where that is not enough the CPU takes the embedding, and then the
     * head, too.
     *
     * @param cpu opens the CPU, for the case that it is needed
     * @return in the order of the layers; empty if the model does not fit in any way
     */
    List<Assignment> on(Device device, Supplier<Device> cpu) {
        int layers = graph.layers().size();
        long limit = limit(device);
        MemoryBudget budget = MemoryBudget.of(graph, device, context, options.kvType(), options.batchTokens());
        if (budget.total() <= limit) {
            return List.of(Assignment.resident(device, layers));
        }
        boolean alone = device.info().backend().equals("cpu");
        StreamChoice choice = choice(device, 0, layers)
                .or(() -> alone ? Optional.empty() : choice(device, 1, layers))
                .or(() -> alone ? Optional.empty() : choice(device, 1, layers - 1))
                .orElse(null);
        if (choice == null) {
            return List.of();
        }
        List<Assignment> assignments = new ArrayList<>();
        Device host = choice.from() > 0 || choice.to() < layers ? cpu.get() : device;
        if (choice.from() > 0) {
            assignments.add(Assignment.resident(host, choice.from()));
        }
        assignments.add(assignment(device, choice, 0));
        if (choice.to() < layers) {
            assignments.add(Assignment.resident(host, layers - choice.to()));
        }
        return assignments;
    }

    /** Why {@link #on} finds no way, with the numbers, and what the way would take that takes least. */
    SluiceException refusal(Device device) {
        SluiceException refusal = MemoryBudget.of(graph, device, context, options.kvType(), options.batchTokens())
                .refusal(model, device, limit(device), context);
        int layers = graph.layers().size();
        if (device.sharesHostMemory()) {
            return orElse(
                    refusal,
                    "With all weights used in place in the host's memory",
                    needs.of(device, 0, layers, first(layers), Set.of(), 0, limit(device)));
        }
        return device.imageBytes(graph.layers().get(1)) == 0
                ? refusal
                : orElse(
                        refusal,
                        "With all blocks streamed, and embedding and head on the CPU,",
                        needs.of(device, 1, layers - 1, first(layers - 2), Set.of(), 1, limit(device)));
    }

    private static Set<Integer> first(int count) {
        return IntStream.range(0, count).boxed().collect(Collectors.toSet());
    }

    private static SluiceException orElse(SluiceException refusal, String how, DeviceBytes least) {
        return new SluiceException(String.format(
                Locale.ROOT, "%s %s it takes %.1f MiB.", refusal.getMessage(), how, least.total() / (1024.0 * 1024.0)));
    }

    /**
     * Several devices share the layers: by the best plan, if all have been measured, else by the speed that each shows now with one
     * of them.
     *
     * @return what those that take some take, in order
     * @throws SluiceException if the model does not fit, or the wishes cannot be met
     */
    List<Assignment> across(List<Device> devices) {
        Plan plan = plan(devices);
        if (plan == null && noPlan != null) {
            notes.add("layers are shared out by timing one, as there is no plan: " + noPlan);
        }
        return plan == null ? timed(devices) : planned(plan, devices);
    }

    /** The best plan; null if the devices have not been measured and nobody asks for it. */
    private @Nullable Plan plan(List<Device> devices) {
        List<DeviceInfo> infos = devices.stream().map(Device::info).toList();
        ProfileStore store = ProfileStore.ofUser();
        PlacementWishes wishes = options.placement();
        if (!options.wantsPlan() && !isMeasured(store, infos)) {
            return null;
        }
        PlacementWishes wanted = wishes == null ? new PlacementWishes(false, 1, null, List.of()) : wishes;
        Map<String, Long> limits = new HashMap<>();
        devices.forEach(device -> limits.put(device.info().id(), limit(device)));
        PlanRequest request = PlanRequest.DEFAULT
                .withObjective(wanted.throughput() ? Objective.THROUGHPUT : Objective.LATENCY)
                .withBatch(wanted.batch())
                .withContext(context)
                .withKv(options.kvType())
                .withPromptTokens(options.batchTokens())
                .withHostShare(options.hostShare())
                .withGpuLayers(wanted.gpuLayers())
                .withPlaces(wanted.places().stream().map(PlaceRule::parse).toList())
                .withMemory(limits);
        try {
            ModelShape shape = GraphShape.of(graph, model);
            Hardware hardware = store.hardware(infos);
            Plan best = Planner.plan(shape, hardware, request);
            Trial trial = store.trial(identity, best.batch(), infos);
            Plan chosen = ClearGain.of(best, shape, hardware, request, trial);
            if (chosen.stages().size() == 1
                    && request.places().isEmpty()
                    && !trial.text().isEmpty()) {
                notes.add(trial.text());
            }
            return chosen;
        } catch (SluiceException e) {
            if (options.wantsPlan()) {
                throw e;
            }
            noPlan = e.getMessage();
            return null;
        }
    }

    private static boolean isMeasured(ProfileStore store, List<DeviceInfo> devices) {
        return store.findHost().isPresent()
                && devices.stream().allMatch(info -> store.find(info).isPresent());
    }

    /** Whether a device cannot hold all and has been measured, as has the CPU, so that a plan may use both. */
    boolean mayNeedCpu(Device device, DeviceInfo cpu) {
        MemoryBudget budget = MemoryBudget.of(graph, device, context, options.kvType(), options.batchTokens());
        return !device.info().equals(cpu)
                && !device.sharesHostMemory()
                && budget.total() > limit(device)
                && isMeasured(ProfileStore.ofUser(), List.of(device.info(), cpu));
    }

    /** By the best plan for some devices; empty if there is none. */
    List<Assignment> byPlan(List<Device> devices) {
        Plan plan = plan(devices);
        return plan == null ? List.of() : planned(plan, devices);
    }

    private List<Assignment> planned(Plan plan, List<Device> devices) {
        List<Assignment> assignments = new ArrayList<>();
        PlannedHalves halves = new PlannedHalves(graph, plan, devices);
        Device cpu = halves.cpu();
        long takenOfCpu = 0;
        for (Stage stage : plan.stages()) {
            Device device = devices.stream()
                    .filter(one -> one.info().id().equals(stage.device()))
                    .findFirst()
                    .orElseThrow();
            // The plan counts the file's bytes; the device's layout may take a little more.
            StreamChoice choice = choice(device, stage.from(), stage.to())
                    .orElseThrow(() -> new SluiceException(
                            model + " does not fit as planned: " + device.info().id()
                                    + " has no room for layers " + stage.from() + " to " + (stage.to() - 1)
                                    + " in its own layout. Name another device, or use a smaller --ctx"));
            HostShare share = halves.of(stage, choice);
            assignments.add(
                    assignment(device, choice, halves.bytes(share, choice)).withHost(share));
            takenOfCpu += device == cpu ? choice.bytes().total() : 0;
        }
        halves.require(options.hostShare(), cpu == null ? 0 : limit(cpu) - takenOfCpu);
        notes.add(String.format(
                Locale.ROOT,
                "by a plan that predicts %.1f tokens/s for %s, bound by %s",
                plan.decode().tokensPerSecond(),
                plan.batch() == 1 ? "one sequence" : plan.batch() + " sequences",
                plan.decode().bottleneck().text()));
        return assignments;
    }

    private List<Assignment> timed(List<Device> devices) {
        List<Assignment> assignments = new ArrayList<>();
        List<Integer> counts = Shares.of(
                        model, graph, devices, context, options.kvType(), options.batchTokens(), this::limit)
                .counts();
        for (int i = 0; i < devices.size(); i++) {
            if (counts.get(i) > 0) {
                assignments.add(Assignment.resident(devices.get(i), counts.get(i)));
            } else {
                notes.add(devices.get(i).info().id()
                        + " takes no layer: the others are faster without it, or it has no room");
            }
        }
        return assignments;
    }

    /** What of some layers is not in the device's own memory: nothing, or what it computes from in the host's, or what is copied. */
    private Optional<StreamChoice> choice(Device device, int from, int to) {
        long limit = limit(device);
        Optional<StreamChoice> inPlace = device.sharesHostMemory()
                ? StreamChoice.inPlace(needs, device, from, to, limit)
                        .filter(choice -> sharedBytes(device, choice) <= hostLimit())
                : Optional.empty();
        return inPlace.or(() -> StreamChoice.of(needs, device, from, to, limit));
    }

    /** {@code besideOnHost}: bytes of the host's memory that are taken beside the weights that are streamed. */
    private Assignment assignment(Device device, StreamChoice choice, long besideOnHost) {
        return withWeights(device, choice, besideOnHost).withMicroBatches(choice.microBatches());
    }

    private Assignment withWeights(Device device, StreamChoice choice, long besideOnHost) {
        int layers = choice.to() - choice.from();
        if (choice.streamed().isEmpty() && choice.slices().isEmpty()) {
            return Assignment.resident(device, layers);
        }
        if (choice.slots() == 0) {
            return Assignment.sharing(device, layers, choice.streamed());
        }
        boolean onHost = device.info().backend().equals("cpu");
        return Assignment.streaming(
                        device,
                        layers,
                        choice.streamed(),
                        choice.slots(),
                        onHost || needs.imageBytes(device, choice) + besideOnHost > hostLimit() ? packedFolder() : null)
                .withSlices(choice.slices());
    }

    private long sharedBytes(Device device, StreamChoice choice) {
        return choice.streamed().stream()
                .mapToLong(i -> device.residentBytes(graph.layers().get(choice.from() + i)))
                .sum();
    }

    private Path packedFolder() {
        return CacheFolder.ofUser().resolve("packed").resolve(identity);
    }

    private long hostLimit() {
        return options.deviceMemory().getOrDefault(HOST, PhysicalMemory.available());
    }

    /** Bytes that may be taken of a device's memory. */
    long limit(Device device) {
        long wished = limit(options, device.info());
        return wished == 0 ? device.availableBytes() : Math.min(wished, device.availableBytes());
    }

    /** Bytes that a user wants taken of a device's memory at most; 0: as many as there are. */
    static long limit(LoadOptions options, DeviceInfo info) {
        Long own = options.deviceMemory().get(info.id());
        if (own == null) {
            return options.memoryLimit();
        }
        return options.memoryLimit() == 0 ? own : Math.min(own, options.memoryLimit());
    }
}
