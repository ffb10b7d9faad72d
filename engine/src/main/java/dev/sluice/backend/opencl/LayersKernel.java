package dev.sluice.backend.opencl;

import dev.sluice.backend.Step;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.NDRange;
import dev.sluice.opencl.Queue;
import java.util.ArrayList;
import java.util.List;

/**
 * One token through several layers in one launch ({@link LayersProgram}), for devices whose compute units are few and whose
 * launches cost as much as what they do. Its work-groups wait for each other between what were launches, so all must run at
 * once: as many as there are compute units, of one work-item each.
 */
final class LayersKernel implements AutoCloseable {
    /** A group has so much more patience for each so many bytes of a layer: it may be some percent faster than the others. */
    private static final long BYTES_OF_PATIENCE = 16L << 20;

    /** The meeting's words, patience, turn, position, capacity. */
    private static final int OTHER_PARAMETER_BYTES = Long.BYTES + 4 * Integer.BYTES;

    /**
     * A buffer of the kernel.
     *
     * @param role within its layer; {@code INPUT} is the end of a layer at which the next begins, too
     * @param layer whose, where each has its own; of the ends: 0 the first layer's input and the last one's output, 1 all others
     */
    private record Place(Role role, int layer) {}

    private final OpenClDevice device;
    private final Place[] places;
    private final BoundKernel kernel;
    private final NDRange range;
    private final int patience;
    private final String name;

    LayersKernel(OpenClDevice device, List<OpenClCompiledLayer> layers, List<LayerCalls> calls) {
        this.device = device;
        List<Place> all = new ArrayList<>();
        List<List<Integer>> buffers = place(calls, all);
        places = all.toArray(Place[]::new);
        kernel = device.bind(LayersProgram.of(calls, buffers));
        range = NDRange.of(device.limits().computeUnits()).local(1);
        name = layers.getFirst().layer().name() + " to "
                + layers.getLast().layer().name();
        long largest = layers.stream()
                .mapToLong(OpenClCompiledLayer::residentBytes)
                .max()
                .orElse(0);
        patience = Math.toIntExact(device.tuning().vectors().patience() * (1 + largest / BYTES_OF_PATIENCE));
    }

    /** Bytes of parameters that the kernel of some layers would take. */
    static int parameterBytes(List<LayerCalls> calls) {
        List<Place> places = new ArrayList<>();
        place(calls, places);
        return OTHER_PARAMETER_BYTES + Long.BYTES * places.size();
    }

    /** The buffers of each layer, by their numbers among the places. */
    private static List<List<Integer>> place(List<LayerCalls> calls, List<Place> places) {
        List<List<Integer>> all = new ArrayList<>();
        for (int layer = 0; layer < calls.size(); layer++) {
            List<Integer> numbers = new ArrayList<>();
            for (Role role : calls.get(layer).roles()) {
                Place place = place(role, layer, calls.size());
                int number = places.indexOf(place);
                if (number < 0) {
                    number = places.size();
                    places.add(place);
                }
                numbers.add(number);
            }
            all.add(numbers);
        }
        return all;
    }

    private static Place place(Role role, int layer, int layers) {
        return switch (role) {
            case Role.Own own ->
                switch (own) {
                    case INPUT -> new Place(Role.Own.INPUT, Math.min(layer, 1));
                    case OUTPUT -> layer == layers - 1 ? new Place(Role.Own.OUTPUT, 0) : new Place(Role.Own.INPUT, 1);
                    case KEYS, VALUES -> new Place(role, layer);
                };
            case Role.Slot slot -> new Place(slot, 0);
            case Role.Panels panels -> new Place(panels, 0);
            case Role.Partials partials -> new Place(partials, 0);
            case Role.Rotations rotations -> new Place(rotations, 0);
            case Role.Fixed fixed -> new Place(fixed, 0);
        };
    }

    /**
     * Queues the launch.
     *
     * @param caches of each layer, of one capacity
     */
    void submit(
            Queue queue,
            Meeting meeting,
            Step step,
            OpenClMemory in,
            OpenClMemory between,
            OpenClMemory out,
            List<KvCache> caches) {
        int position = step.position(0);
        kernel.args()
                .buffer(meeting.words())
                .i32(patience)
                .i32(meeting.turn())
                .i32(position)
                .i32(caches.getFirst().stride());
        for (Place place : places) {
            Buffer buffer = switch (place.role()) {
                case Role.Own own ->
                    switch (own) {
                        case INPUT -> (place.layer() == 0 ? in : between).buffer();
                        case OUTPUT -> out.buffer();
                        case KEYS -> caches.get(place.layer()).keys();
                        case VALUES -> caches.get(place.layer()).values();
                    };
                case Role.Slot slot -> device.scratch().slot(slot.number());
                case Role.Panels panels -> device.scratch().panels();
                case Role.Partials partials -> device.scratch().partials();
                case Role.Rotations rotations -> rotations.table().upTo(position + 1, queue);
                case Role.Fixed fixed -> fixed.buffer();
            };
            kernel.buffer(buffer);
        }
        device.recorder().enter(name, step);
        kernel.launch(queue, range);
    }

    @Override
    public void close() {
        kernel.close();
    }
}
