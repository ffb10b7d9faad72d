package dev.sluice;

import dev.sluice.backend.CacheFolder;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Graph;
import dev.sluice.plan.DeviceNeeds;
import dev.sluice.plan.MemoryBudget;
import dev.sluice.plan.Shares;
import dev.sluice.plan.StreamChoice;
import dev.sluice.runtime.Assignment;
import dev.sluice.system.PhysicalMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
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
     * @throws SluiceException with the numbers if it does not fit in any way
     */
    List<Assignment> on(Device device, Supplier<Device> cpu) {
        int layers = graph.layers().size();
        long limit = limit(device);
        MemoryBudget budget = MemoryBudget.of(graph, device, context, options.kvType(), options.batchTokens());
        if (budget.total() <= limit) {
            return List.of(Assignment.resident(device, layers));
        }
        boolean alone = device.info().backend().equals("cpu");
        StreamChoice choice = StreamChoice.of(needs, device, 0, layers, limit)
                .or(() -> alone ? Optional.empty() : StreamChoice.of(needs, device, 1, layers, limit))
                .or(() -> alone ? Optional.empty() : StreamChoice.of(needs, device, 1, layers - 1, limit))
                .orElse(null);
        if (choice == null) {
            budget.requireFits(model, device, limit, context);
            throw new IllegalStateException("what fits was not placed");
        }
        List<Assignment> assignments = new ArrayList<>();
        Device host = choice.from() > 0 || choice.to() < layers ? cpu.get() : device;
        if (choice.from() > 0) {
            assignments.add(Assignment.resident(host, choice.from()));
        }
        assignments.add(assignment(device, choice));
        if (choice.to() < layers) {
            assignments.add(Assignment.resident(host, layers - choice.to()));
        }
        return assignments;
    }

    /**
     * Several devices share the layers by the speed that each has shown with one of them.
     *
     * @return for each device in order what it takes; null for one that takes nothing
     */
    List<@Nullable Assignment> across(List<Device> devices) {
        List<@Nullable Assignment> assignments = new ArrayList<>();
        List<Integer> counts = Shares.of(
                        model, graph, devices, context, options.kvType(), options.batchTokens(), this::limit)
                .counts();
        for (int i = 0; i < devices.size(); i++) {
            boolean idle = counts.get(i) == 0;
            assignments.add(idle ? null : Assignment.resident(devices.get(i), counts.get(i)));
            if (idle) {
                notes.add(devices.get(i).info().id()
                        + " takes no layer: the others are faster without it, or it has no room");
            }
        }
        return assignments;
    }

    private Assignment assignment(Device device, StreamChoice choice) {
        boolean onHost = device.info().backend().equals("cpu");
        return new Assignment(
                device,
                choice.to() - choice.from(),
                choice.streamed(),
                choice.slots(),
                onHost || imageBytes(device, choice) > hostLimit() ? packedFolder() : null);
    }

    private long imageBytes(Device device, StreamChoice choice) {
        return choice.streamed().stream()
                .mapToLong(i -> device.imageBytes(graph.layers().get(choice.from() + i)))
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
