package dev.sluice.backend.opencl;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.cpu.CpuBackend;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Graph;
import dev.sluice.model.ModelFamilies;
import dev.sluice.runtime.Assignment;
import dev.sluice.runtime.Executor;
import dev.sluice.runtime.Progress;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A tiny model on one device, or shared by several. */
final class TinyModel implements AutoCloseable {
    /** Devices that are opened for a test. */
    record Place(String name, List<Supplier<Device>> devices) {
        @Override
        public String toString() {
            return name;
        }
    }

    private final List<Device> devices = new ArrayList<>();
    private final ModelSource source;
    final Executor executor;

    /** The layers in equal runs. */
    TinyModel(Place place) {
        this(place, TinyModel::inRuns);
    }

    /** {@code placement}: what the devices take of so many layers. */
    TinyModel(Place place, BiFunction<List<Device>, Integer, List<Assignment>> placement) {
        try {
            source = ModelFiles.open(
                    Path.of(Objects.requireNonNull(TinyModel.class.getResource("/conformance/models/llama3-gqa.gguf"))
                            .toURI()));
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
        place.devices().forEach(open -> devices.add(open.get()));
        Graph graph = ModelFamilies.lower(source);
        executor =
                new Executor(graph, placement.apply(devices, graph.layers().size()), OpenClRuns.BATCH, Progress.NONE);
    }

    private static List<Assignment> inRuns(List<Device> devices, int layers) {
        List<Assignment> assignments = new ArrayList<>();
        for (int i = 0; i < devices.size(); i++) {
            int count = layers * (i + 1) / devices.size() - layers * i / devices.size();
            assignments.add(Assignment.resident(devices.get(i), count));
        }
        return assignments;
    }

    /** The CPU. */
    static Place cpu() {
        return new Place("cpu", List.of(TinyModel::openCpu));
    }

    /** The CPU, each OpenCL device with the layers of a token in many launches and in one, and one with the CPU. */
    static Stream<Place> places() {
        List<Place> places = new ArrayList<>();
        places.add(cpu());
        for (OpenClRuns.Variant variant : Stream.of(
                        OpenClRuns.variants(), OpenClRuns.meetingVariants(), OpenClRuns.replaying())
                .flatMap(Function.identity())
                .filter(variant -> !variant.shape().equals("hasty"))
                .toList()) {
            places.add(new Place(variant.toString(), List.of(variant::open)));
        }
        OpenClRuns.variants()
                .findFirst()
                .ifPresent(variant ->
                        places.add(new Place(variant + " and cpu", List.of(variant::open, TinyModel::openCpu))));
        return places.stream();
    }

    private static Device openCpu() {
        CpuBackend cpu = new CpuBackend();
        return cpu.open(cpu.discover().devices().getFirst(), new DeviceOptions(2, OpenClRuns.BATCH));
    }

    /** The ids of the devices. */
    List<String> ids() {
        return devices.stream().map(device -> device.info().id()).toList();
    }

    @Override
    public void close() {
        executor.close();
        devices.reversed().forEach(Device::close);
        source.close();
    }
}
