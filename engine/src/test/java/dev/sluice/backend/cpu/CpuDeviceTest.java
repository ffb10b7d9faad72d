package dev.sluice.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Step;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Shape;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class CpuDeviceTest {
    private static final Tensor WEIGHT = TestBlocks.random(DType.Q4_0, 64, 20, 1);

    private static Layer linear(Tensor weight) {
        return Runs.layer(new Op.Linear(weight, null), Layer.Kind.BLOCK, 64);
    }

    private static Layer attention() {
        LayerBuilder b = new LayerBuilder("attention", Layer.Kind.BLOCK, 16);
        b.add(new Op.Attention(1, 1, 16, 1, 0), b.input(), b.input(), b.input());
        return b.build();
    }

    @Test
    void theServiceLoaderFindsTheBackend() {
        List<String> names = new ArrayList<>();
        for (Backend backend : ServiceLoader.load(Backend.class)) {
            names.add(backend.name());
        }
        assertTrue(names.contains("cpu"), names.toString());
    }

    @Test
    void theDeviceDescribesItself() {
        Backend.Discovery found = new CpuBackend().discover();
        assertEquals("cpu", found.devices().getFirst().id());
        assertTrue(found.devices().getFirst().memoryBytes() > 1 << 20);
        try (Device device = Runs.open(false, 2, 1)) {
            assertTrue(device.path().startsWith("CPU: 2 threads, "), device.path());
            assertTrue(device.path().contains("Vector API "), device.path());
            assertTrue(device.availableBytes() > 0);
            assertTrue(device.availableBytes() <= device.info().memoryBytes());
        }
    }

    @Test
    void aSharedMatrixIsPackedOnce() {
        try (Device device = Runs.open(false, 1, 1)) {
            LayerBuilder b = new LayerBuilder("shared", Layer.Kind.BLOCK, 64);
            b.add(new Op.Linear(WEIGHT, null), b.input());
            b.add(new Op.Linear(WEIGHT, null), b.input());
            assertEquals(RowTiles.bytes(DType.Q4_0, 64, 20), device.residentBytes(b.build()));
            try (CompiledLayer first = device.compile(linear(WEIGHT))) {
                CompiledLayer second = device.compile(linear(WEIGHT));
                float[] x = Runs.normal(64, 2);
                float[] before = Runs.run(device, second, new Step(0, 1, 0), x, null);
                second.close();
                second.close();
                assertArrayEquals(before, Runs.run(device, first, new Step(0, 1, 0), x, null));
                assertThrows(IllegalStateException.class, () -> Runs.run(device, second, new Step(0, 1, 0), x, null));
            }
        }
    }

    @Test
    void closingTheDeviceClosesAllItHolds() {
        Device device = Runs.open(false, 2, 1);
        CompiledLayer layer = device.compile(attention());
        LayerState state = Objects.requireNonNull(device.newState(layer, 8, KvType.F16));
        DeviceMemory memory = device.allocate(64);
        device.close();
        device.close();
        layer.close();
        state.close();
        memory.close();
        assertThrows(IllegalStateException.class, () -> device.allocate(4));
        assertThrows(IllegalStateException.class, () -> device.compile(attention()));
        assertThrows(IllegalStateException.class, () -> layer.submit(new Step(0, 1, 0), memory, memory, state));
    }

    @Test
    void wrongArgumentsAreRefusedBeforeAnythingRuns() {
        try (Device device = Runs.open(false, 1, 4);
                Device other = Runs.open(false, 1, 4);
                CompiledLayer plain = device.compile(linear(WEIGHT));
                CompiledLayer stateful = device.compile(attention());
                LayerState state = Objects.requireNonNull(device.newState(stateful, 4, KvType.F32));
                DeviceMemory in = device.allocate(4 * 4 * 64);
                DeviceMemory small = device.allocate(8);
                DeviceMemory foreign = other.allocate(4 * 4 * 64)) {
            assertNull(device.newState(plain, 4, KvType.F32));
            assertNotNull(state);
            assertEquals(4, state.capacity());
            assertEquals(2 * 16 * 16 * 4, state.bytes());
            Step one = new Step(0, 1, 0);
            refused(() -> plain.submit(one, small, in));
            refused(() -> plain.submit(one, in, small));
            refused(() -> plain.submit(one, foreign, in));
            refused(() -> plain.submit(one, in, in, state));
            refused(() -> plain.submit(new Step(0, 5, 0), in, in));
            refused(() -> stateful.submit(one, in, in));
            refused(() -> stateful.submit(new Step(3, 2, 0), in, in, state));
            assertThrows(IndexOutOfBoundsException.class, () -> small.read(4, MemorySegment.ofArray(new byte[8])));
            assertThrows(IndexOutOfBoundsException.class, () -> small.write(4, MemorySegment.ofArray(new byte[8])));
        }
    }

    private static void refused(Runnable work) {
        assertThrows(IllegalArgumentException.class, work::run);
    }

    @Test
    void aFormatThatIsNotComputedIsNamed() {
        Tensor tensor = new Tensor(
                "blk.0.strange", DType.IQ2_S, Shape.of(256, 1), Arena.ofAuto().allocate(82));
        Layer layer = Runs.layer(new Op.Linear(tensor, null), Layer.Kind.BLOCK, 256);
        try (Device device = Runs.open(false, 1, 1)) {
            String message = String.valueOf(assertThrows(SluiceException.class, () -> device.compile(layer))
                    .getMessage());
            assertTrue(message.contains("blk.0.strange") && message.contains("IQ2_S"), message);
        }
    }

    @Test
    void aTokenOutsideTheVocabularyIsRefused() {
        Op.Embed op = new Op.Embed(TestBlocks.random(DType.F32, 4, 9, 3), 1f);
        try (Device device = Runs.open(false, 1, 1);
                CompiledLayer layer = device.compile(Runs.layer(op, Layer.Kind.EMBEDDING, 1))) {
            for (int id : new int[] {9, -1}) {
                float[] bits = new float[1];
                MemorySegment.ofArray(bits).copyFrom(MemorySegment.ofArray(new int[] {id}));
                assertThrows(SluiceException.class, () -> Runs.run(device, layer, new Step(0, 1, 0), bits, null));
            }
        }
    }
}
