package dev.sluice.backend.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Step;
import dev.sluice.backend.tiles.WeightLayout;
import dev.sluice.graph.Layer;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Opens every OpenCL device in both shapes of the kernels, and runs single layers on devices. */
final class OpenClRuns {
    /** Tokens that devices of the tests are opened for. */
    static final int BATCH = 40;

    /** Compiled once for all runs of the tests. */
    static final ProgramCache CACHE = new ProgramCache(Path.of("target", "test-programs"));

    private OpenClRuns() {}

    /** A device and the shape of its kernels. */
    record Variant(DeviceInfo info, String shape) {
        OpenClDevice open() {
            return open(CACHE);
        }

        OpenClDevice open(ProgramCache cache) {
            return open(cache, tuning -> tuning);
        }

        /** Opens the device with its tuning changed. */
        OpenClDevice open(UnaryOperator<DeviceTuning> change) {
            return open(CACHE, change);
        }

        private OpenClDevice open(ProgramCache cache, UnaryOperator<DeviceTuning> change) {
            dev.sluice.opencl.Device device = OpenClBackend.find(info.id());
            DeviceTuning wide = DeviceTuning.wide(device.info(), VectorDot.NONE);
            DeviceTuning tuning = switch (shape) {
                case "wide" -> wide.with(wide.vectors().withPatience(0));
                case "together" -> wide;
                case "hasty" -> wide.with(wide.vectors().withPatience(1));
                case "parallel" -> DeviceTuning.parallel(device.info(), Set.of());
                case "columns" -> DeviceTuning.parallel(device.info(), Set.of()).with(WeightLayout.COLUMNS);
                case "replayed wide" ->
                    wide.with(wide.vectors().withPatience(0)).withRecording(true);
                case "replayed parallel" ->
                    DeviceTuning.parallel(device.info(), Set.of()).withRecording(true);
                default -> DeviceTuning.wide(device.info(), VectorDot.valueOf(shape));
            };
            if (info.name().startsWith("Oclgrind")) {
                // A simulator runs every work-item in turn: small groups, which are another shape to hold as well.
                PlaneTuning planes = tuning.planes();
                tuning = tuning.with(new PlaneTuning(2, 8, 4, planes.arithmetic(), planes.dot(), planes.unit()));
            }
            DeviceTuning changed = change.apply(tuning);
            KnobLimits limits = new KnobLimits(device.info(), Set.of(), true, changed);
            return new OpenClDevice(info, device, new DeviceOptions(0, BATCH), Tunings.fixed(limits), cache);
        }

        @Override
        public String toString() {
            return info.id() + " (" + info.platform() + ") " + shape;
        }
    }

    /** All devices, each with vector and with scalar work-items; the tests are skipped if there is none. */
    static Stream<Variant> variants() {
        Backend.Discovery found = new OpenClBackend().discover();
        if (found.devices().isEmpty()) {
            String reason = "no OpenCL device: " + String.join(" ", found.notes());
            if ("1".equals(System.getenv("SLUICE_REQUIRE_OPENCL"))) {
                throw new AssertionError("SLUICE_REQUIRE_OPENCL=1, but " + reason);
            }
            abort(reason);
        }
        List<Variant> variants = new ArrayList<>();
        for (DeviceInfo info : found.devices()) {
            variants.add(new Variant(info, "wide"));
            variants.add(new Variant(info, "parallel"));
        }
        return variants.stream();
    }

    /** All devices with products of bytes: as plain C, and in all ways that they were found capable of. */
    static Stream<Variant> roundingVariants() {
        List<Variant> variants = new ArrayList<>();
        variants().map(Variant::info).distinct().forEach(info -> {
            variants.add(new Variant(info, VectorDot.PLAIN.name()));
            VectorDot dot = VectorDot.of(ProbeProcess.capabilities(info.id(), OpenClBackend.find(info.id())));
            if (dot.own()) {
                variants.add(new Variant(info, dot.name()));
            }
        });
        return variants.stream();
    }

    /** All devices with layers that one token goes through in one launch, whose work-groups wait for each other. */
    static Stream<Variant> meetingVariants() {
        return variants()
                .map(Variant::info)
                .distinct()
                .flatMap(info -> Stream.of(new Variant(info, "together"), new Variant(info, "hasty")));
    }

    /** All devices that were found to replay launches, in both shapes of the kernels. */
    static Stream<Variant> replaying() {
        return variants()
                .map(Variant::info)
                .distinct()
                .filter(info -> ProbeProcess.capabilities(info.id(), OpenClBackend.find(info.id()))
                        .contains(Capability.COMMAND_BUFFERS))
                .flatMap(info -> Stream.of(new Variant(info, "replayed wide"), new Variant(info, "replayed parallel")));
    }

    /** All devices with a row for each work-item and weights as GPUs of phones have them. */
    static Stream<Variant> everyColumns() {
        return variants().map(Variant::info).distinct().map(info -> new Variant(info, "columns"));
    }

    /** The first of {@link #everyColumns}: what they need compiled takes long on some. */
    static Stream<Variant> columns() {
        return everyColumns().limit(1);
    }

    /** All devices with scalar work-items, the shape for GPUs. */
    static Stream<Variant> parallel() {
        return variants().filter(variant -> variant.shape().equals("parallel"));
    }

    static float[] random(int count, long seed) {
        Random random = new Random(seed);
        float[] x = new float[count];
        for (int i = 0; i < count; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }

    /** Runs a layer without state once. */
    static float[] run(Device device, Layer layer, float[] x) {
        int tokens = x.length / layer.inputWidth();
        try (CompiledLayer compiled = device.compile(layer)) {
            return step(device, compiled, null, new Step(0, tokens, tokens), x);
        }
    }

    /** Runs one step of a layer whose values are floats. */
    static float[] step(Device device, CompiledLayer layer, @Nullable LayerState state, Step step, float[] x) {
        boolean head = layer.layer().kind() == Layer.Kind.HEAD;
        int rows = head ? step.outputRows() : step.tokens();
        float[] y = new float[rows * layer.layer().outputWidth()];
        try (DeviceMemory in = device.allocate(4L * x.length);
                DeviceMemory out = device.allocate(4L * y.length)) {
            in.write(0, MemorySegment.ofArray(x));
            device.submit(List.of(layer), step, in, out, out, i -> new LayerState[] {state});
            out.read(0, MemorySegment.ofArray(y));
        }
        return y;
    }

    /** Holds the normalised mean squared error of a result to a limit. */
    static void assertClose(float[] expected, float[] actual, double limit, String what) {
        assertEquals(expected.length, actual.length, what);
        double error = 0;
        double power = 0;
        for (int i = 0; i < expected.length; i++) {
            double difference = (double) actual[i] - expected[i];
            error += difference * difference;
            power += (double) expected[i] * expected[i];
        }
        double nmse = error / Math.max(power, Double.MIN_NORMAL);
        assertTrue(nmse <= limit, what + ": NMSE " + nmse + " exceeds " + limit);
    }
}
