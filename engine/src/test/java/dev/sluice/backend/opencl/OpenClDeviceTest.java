package dev.sluice.backend.opencl;

import static dev.sluice.backend.opencl.OpenClRuns.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Step;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.opencl.LiveObjects;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Lifetimes, sharing, bounds and refusals of an OpenCL device. */
class OpenClDeviceTest {
    static Stream<OpenClRuns.Variant> variants() {
        return OpenClRuns.variants().filter(v -> v.shape().equals("wide"));
    }

    private static Layer attention(Tensor weight) {
        LayerBuilder b = new LayerBuilder("attention", Layer.Kind.BLOCK, 32);
        int q = b.add(new Op.Linear(weight, null), b.input());
        int k = b.add(new Op.Linear(weight, null), b.input());
        b.add(new Op.Attention(2, 2, 16, 0.25f, 0), q, k, q);
        return b.build();
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void fiftyLivesLeaveNothingBehind(OpenClRuns.Variant variant) {
        long before = LiveObjects.count();
        Layer layer = attention(TestBlocks.random(DType.Q4_0, 32, 32, 1));
        for (int life = 0; life < 50; life++) {
            OpenClDevice device = variant.open();
            CompiledLayer compiled = device.compile(layer);
            LayerState state = Objects.requireNonNull(device.newState(compiled, 8, KvType.F32));
            OpenClRuns.step(device, compiled, state, new Step(0, 3, 3), random(96, life));
            // In turns: from the inside out, twice; or the device alone, which takes everything along.
            if (life % 2 == 0) {
                state.close();
                state.close();
                compiled.close();
                compiled.close();
            }
            device.close();
            device.close();
            compiled.close();
            state.close();
            assertEquals(
                    before, LiveObjects.count(), () -> LiveObjects.snapshot().toString());
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void aTensorOfTwoLayersIsResidentOnce(OpenClRuns.Variant variant) {
        Tensor table = TestBlocks.random(DType.Q8_0, 64, 100, 1);
        LayerBuilder embedding = new LayerBuilder("embedding", Layer.Kind.EMBEDDING, 1);
        embedding.add(new Op.Embed(table, 1), embedding.input());
        LayerBuilder head = new LayerBuilder("head", Layer.Kind.HEAD, 64);
        head.add(new Op.Linear(table, null), head.input());
        try (OpenClDevice device = variant.open()) {
            long bytes = 7 * 2 * 544;
            try (CompiledLayer first = device.compile(embedding.build())) {
                long before = device.availableBytes();
                try (CompiledLayer second = device.compile(head.build())) {
                    assertEquals(bytes, first.residentBytes());
                    assertEquals(bytes, second.residentBytes());
                    // The head adds only activations, 64 floats a token: panels of the batch, the last of which may
                    // hold one
                    // token, and the rows that logits are wanted for.
                    long tokens = OpenClRuns.BATCH + DeviceTuning.MOST_TOKENS - 1 + OpenClRuns.BATCH;
                    assertEquals(before - 4L * 64 * tokens, device.availableBytes());
                }
            }
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void whatDoesNotFitIsRefusedBeforeAnythingRuns(OpenClRuns.Variant variant) {
        Layer layer = attention(TestBlocks.random(DType.Q4_0, 32, 32, 1));
        try (OpenClDevice device = variant.open();
                OpenClDevice other = variant.open();
                CompiledLayer compiled = device.compile(layer);
                LayerState state = Objects.requireNonNull(device.newState(compiled, 8, KvType.F32));
                DeviceMemory memory = device.allocate(4L * 32 * 8);
                DeviceMemory foreign = other.allocate(4L * 32 * 8);
                DeviceMemory small = device.allocate(4L * 32 - 1)) {
            Step one = new Step(0, 1, 1);
            refused(() -> compiled.submit(one, foreign, memory, state));
            refused(() -> compiled.submit(one, small, memory, state));
            refused(() -> compiled.submit(one, memory, small, state));
            refused(() -> compiled.submit(one, memory, memory));
            refused(() -> compiled.submit(new Step(8, 1, 1), memory, memory, state));
            refused(() -> compiled.submit(new Step(0, OpenClRuns.BATCH + 1, 1), memory, memory, state));
            MemorySegment bytes = MemorySegment.ofArray(new byte[8]);
            assertThrows(IndexOutOfBoundsException.class, () -> memory.write(memory.bytes() - 7, bytes));
            assertThrows(IndexOutOfBoundsException.class, () -> memory.read(-1, bytes));
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void whatIsClosedIsRefused(OpenClRuns.Variant variant) {
        Step one = new Step(0, 1, 1);
        OpenClDevice device = variant.open();
        try (device) {
            DeviceMemory memory = device.allocate(4L * 32);
            CompiledLayer layer = device.compile(attention(TestBlocks.random(DType.Q4_0, 32, 32, 1)));
            LayerState state = Objects.requireNonNull(device.newState(layer, 8, KvType.F32));
            state.close();
            refused(() -> layer.submit(one, memory, memory, state));
            layer.close();
            assertThrows(IllegalStateException.class, () -> layer.submit(one, memory, memory, state));
            assertThrows(IllegalStateException.class, () -> device.newState(layer, 8, KvType.F32));
        }
        assertThrows(IllegalStateException.class, () -> device.allocate(1));
    }

    private static void refused(org.junit.jupiter.api.function.Executable call) {
        assertThrows(IllegalArgumentException.class, call);
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void tooMuchMemoryIsOneMessageWithTheNumbers(OpenClRuns.Variant variant) {
        DeviceInfo info = variant.info();
        DeviceInfo little = new DeviceInfo(
                info.id(), info.backend(), info.kind(), info.name(), info.platform(), 3 << 20, 2 << 20, Map.of());
        long before = LiveObjects.count();
        try (OpenClDevice device = new OpenClRuns.Variant(little, "wide").open()) {
            Layer large = attention(TestBlocks.random(DType.F32, 32, 32, 1));
            try (CompiledLayer compiled = device.compile(large)) {
                String piece = assertThrows(SluiceException.class, () -> device.newState(compiled, 1 << 15, KvType.F32))
                        .getMessage();
                assertTrue(piece.contains("at most 2.0 MiB in one piece") && piece.contains("4.0 MiB"), piece);
                String all = assertThrows(SluiceException.class, () -> device.newState(compiled, 1 << 14, KvType.F32))
                        .getMessage();
                assertTrue(all.contains("has 3.0 MiB") && all.contains("are taken"), all);
                assertThrows(SluiceException.class, () -> device.allocate(10 << 20));
            }
        }
        assertEquals(before, LiveObjects.count(), () -> LiveObjects.snapshot().toString());
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void aFormatWithoutKernelIsNamed(OpenClRuns.Variant variant) {
        Tensor unknown = new Tensor(
                "blk.0.x", DType.IQ4_NL, dev.sluice.tensor.Shape.of(32, 16), MemorySegment.ofArray(new byte[16 * 18]));
        LayerBuilder b = new LayerBuilder("linear", Layer.Kind.BLOCK, 32);
        b.add(new Op.Linear(unknown, null), b.input());
        try (OpenClDevice device = variant.open()) {
            String message = assertThrows(SluiceException.class, () -> device.compile(b.build()))
                    .getMessage();
            assertTrue(message.contains("blk.0.x") && message.contains("IQ4_NL"), message);
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void memoryKeepsWhatIsWritten(OpenClRuns.Variant variant) {
        try (OpenClDevice device = variant.open();
                DeviceMemory memory = device.allocate(16)) {
            memory.write(4, MemorySegment.ofArray(new int[] {1, 2}));
            int[] read = new int[2];
            memory.read(4, MemorySegment.ofArray(read));
            assertArrayEquals(new int[] {1, 2}, read);
        }
    }

    @Test
    void anUnknownDeviceIsNamed() {
        DeviceInfo nowhere = new DeviceInfo("opencl:99", "opencl", DeviceInfo.Kind.GPU, "none", "none", 1, 1, Map.of());
        String message = assertThrows(SluiceException.class, () -> OpenClBackend.find(nowhere.id()))
                .getMessage();
        assertTrue(message.contains("opencl:99"), message);
    }
}
