package dev.sluice.plan;

import dev.sluice.backend.Device;
import dev.sluice.graph.Graph;
import dev.sluice.graph.HeadSlices;
import dev.sluice.graph.Layer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which layers of one device are streamed where not all fit: as few as must be, spread evenly among the others, so that copies
 * run on while these compute. The head counts as so many layers as it has slices.
 *
 * @param from number of the first layer that the device takes
 * @param to number of the layer behind its last
 * @param streamed which of them are streamed, the first of the device's being 0
 * @param slices of the head that are streamed, if that is not among these
 * @param slots that these come to; 0 for weights that are used where they are in the host's memory
 * @param bytes what that takes
 * @param microBatches of how many micro-batches there is room for the activations, so that all of these use a streamed layer before
 *     it is dropped: what is counted in {@code bytes}, and what fits beside that
 */
public record StreamChoice(
        int from, int to, Set<Integer> streamed, Set<Integer> slices, int slots, DeviceBytes bytes, int microBatches) {
    /** One is computed with, one is filled, one is full already: a fourth gains little, fewer wait for each other. */
    private static final int SLOTS = 3;

    /**
     * What a block takes of a slice's time, about: their bytes are the same, but a slice is one long product. On the CPU it was 2.1
     * (32 sequences) to 2.8 (8).
     */
    private static final double BLOCK_SECONDS = 2;

    public StreamChoice {
        streamed = Set.copyOf(streamed);
        slices = Set.copyOf(slices);
    }

    /**
     * What is streamed or not: a layer, by its number on the device, or a slice of the head.
     *
     * @param slice -1 for a layer
     */
    private record Unit(int layer, int slice) {}

    /**
     * Chooses for the layers {@code from} (inclusive) to {@code to} (exclusive).
     *
     * @return empty if they do not fit whatever is streamed
     */
    public static Optional<StreamChoice> of(DeviceNeeds needs, Device device, int from, int to, long budget) {
        Optional<StreamChoice> choice = of(needs, device, from, to, budget, SLOTS);
        for (int slots = SLOTS - 1; choice.isEmpty() && slots > 0; slots--) {
            choice = of(needs, device, from, to, budget, slots);
        }
        return choice;
    }

    /**
     * Chooses for a device that computes from the host's memory, too: which layers' matrices stay there, embedding and head among
     * them where blocks are not enough. There are no slots then.
     *
     * @return empty if they do not fit whatever stays there
     */
    public static Optional<StreamChoice> inPlace(DeviceNeeds needs, Device device, int from, int to, long budget) {
        List<Unit> blocks = new ArrayList<>();
        List<Unit> all = new ArrayList<>();
        for (int i = from; i < to; i++) {
            all.add(new Unit(i - from, -1));
            if (needs.graph().layers().get(i).kind() == Layer.Kind.BLOCK) {
                blocks.add(new Unit(i - from, -1));
            }
        }
        Optional<StreamChoice> choice = fewest(needs, device, from, to, budget, 0, blocks);
        return choice.or(() -> Optional.of(choice(needs, device, from, to, budget, 0, Set.copyOf(all)))
                .filter(StreamChoice::fits));
    }

    private static Optional<StreamChoice> of(
            DeviceNeeds needs, Device device, int from, int to, long budget, int slots) {
        Graph graph = needs.graph();
        List<Unit> units = new ArrayList<>();
        for (int i = from; i < to; i++) {
            Layer layer = graph.layers().get(i);
            if (layer.kind() == Layer.Kind.EMBEDDING || device.imageBytes(layer) == 0) {
                continue;
            }
            if (layer.kind() == Layer.Kind.BLOCK) {
                units.add(new Unit(i - from, -1));
            } else if (from > 0 || !sharesResidentTable(graph, device)) {
                int count = new HeadSlices(graph).count();
                for (int slice = 0; slice < count; slice++) {
                    units.add(new Unit(i - from, slice));
                }
            }
        }
        return fewest(needs, device, from, to, budget, slots, units);
    }

    /** Whether the head's matrix is resident on a device that has the embedding, whose table it is. */
    private static boolean sharesResidentTable(Graph graph, Device device) {
        Layer embedding = graph.layers().getFirst();
        return device.residentBytes(embedding) > 0
                && embedding.table().stream().anyMatch(graph.layers().getLast().matrices()::contains);
    }

    /** As few units as must be, of blocks and behind them slices. */
    private static Optional<StreamChoice> fewest(
            DeviceNeeds needs, Device device, int from, int to, long budget, int slots, List<Unit> units) {
        int blocks = (int) units.stream().filter(unit -> unit.slice() < 0).count();
        for (int count = 0; count <= units.size(); count++) {
            Set<Unit> chosen = spread(blocks, units.size() - blocks, count).stream()
                    .map(units::get)
                    .collect(Collectors.toSet());
            StreamChoice choice = choice(needs, device, from, to, budget, slots, chosen);
            if (choice.fits()) {
                return Optional.of(choice);
            }
        }
        return Optional.empty();
    }

    private static StreamChoice choice(
            DeviceNeeds needs, Device device, int from, int to, long budget, int slots, Set<Unit> units) {
        Set<Integer> streamed = new LinkedHashSet<>();
        Set<Integer> slices = new LinkedHashSet<>();
        for (Unit unit : units) {
            if (unit.slice() < 0) {
                streamed.add(unit.layer());
            } else {
                slices.add(unit.slice());
            }
        }
        DeviceBytes bytes = needs.of(device, from, to, streamed, slices, slots, budget);
        long more = Math.max(0, budget - bytes.total()) / needs.microBatchBytes(from);
        int microBatches = (int) Math.min(Integer.MAX_VALUE, needs.microBatches(from, to) + more);
        return new StreamChoice(from, to, streamed, slices, slots, bytes, microBatches);
    }

    /**
     * So many of a device's blocks and of the slices of its head, as evenly as it goes by the time in which they are computed.
     *
     * @return numbers of blocks, from {@code blocks} on of slices
     */
    public static Set<Integer> spread(int blocks, int slices, int count) {
        double all = BLOCK_SECONDS * blocks + slices;
        Set<Integer> chosen = new LinkedHashSet<>();
        for (int k = 0; k < count; k++) {
            double at = (k + 0.5) / count * all;
            double behind = at - BLOCK_SECONDS * blocks;
            int number = behind < 0 ? (int) (at / BLOCK_SECONDS) : blocks + (int) behind;
            while (!chosen.add(number)) {
                number = (number + 1) % (blocks + slices);
            }
        }
        return chosen;
    }

    /** So many of a list, as evenly as it goes. */
    public static <T> Set<T> spread(List<T> layers, int count) {
        Set<T> chosen = new LinkedHashSet<>();
        for (int i = 0; i < count; i++) {
            chosen.add(layers.get((2 * i + 1) * layers.size() / (2 * count)));
        }
        return chosen;
    }

    private boolean fits() {
        return bytes.total() <= bytes.budget();
    }
}
