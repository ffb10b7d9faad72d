package dev.sluice.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.Fence;
import dev.sluice.backend.KvType;
import dev.sluice.backend.PartsContract;
import dev.sluice.backend.ReadBack;
import dev.sluice.backend.Step;
import dev.sluice.backend.StreamedLayer;
import dev.sluice.backend.StreamingContract;
import dev.sluice.backend.WeightImage;
import dev.sluice.backend.WeightSlot;
import dev.sluice.error.DeviceFailure;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.TestBlocks;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SimulatedDeviceTest {
    private static final int WIDTH = 256;
    private static final long MEGABYTE = 1L << 20;
    /** What one thread may wake up late by on a busy machine. */
    private static final double LATE_SECONDS = 0.02;

    private static Layer product(int seed) {
        LayerBuilder b = new LayerBuilder("product " + seed, Layer.Kind.BLOCK, WIDTH);
        b.add(new Op.Linear(TestBlocks.random(DType.Q8_0, WIDTH, WIDTH, seed), null), b.input());
        return b.build();
    }

    private static double seconds(long since) {
        return 1e-9 * (System.nanoTime() - since);
    }

    private static void assertTook(double expected, long since) {
        double took = seconds(since);
        assertTrue(
                took >= 0.999 * expected && took <= 1.01 * expected + LATE_SECONDS,
                took + " s, expected " + expected + " s");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void streamedLayersComputeWhatResidentOnesDo(int slots) {
        try (Device device = Machines.open(Machines.simulation(2, LinkSpeed.of(2e9, 1e-5)))) {
            StreamingContract.layersInSlotsComputeWhatResidentLayersDo(device, slots);
        }
    }

    @Test
    void stepsOfSeveralSequencesAreTheRealDevices() {
        try (SimulatedDevice device = Machines.open(Machines.simulation(1, null))) {
            PartsContract.companyChangesNothing(device, KvType.F32, 0, 0);
            assertEquals(0, device.account().taken());
        }
    }

    @Test
    void aSaturatedLinkIsExact() {
        int copies = 30;
        try (Device device = Machines.open(Machines.simulation(1, LinkSpeed.of(100.0 * MEGABYTE, 0.001)));
                WeightImage image = device.newImage(MEGABYTE);
                WeightSlot slot = device.newSlot(MEGABYTE)) {
            Fence last = Fence.DONE;
            long started = System.nanoTime();
            for (int i = 0; i < copies; i++) {
                last = slot.fill(image, MEGABYTE);
            }
            assertTrue(seconds(started) < 0.1, "a copy that was queued does not hold the host up");
            last.await();
            assertTook(copies * 0.011, started);
        }
    }

    @Test
    void copiesHideBehindComputationAndComputationBehindCopies() {
        int rounds = 20;
        // Copies of 10 ms; the computation takes what it takes, which is far less.
        try (Device device = Machines.open(Machines.simulation(1, LinkSpeed.of(1e9, 0.01)));
                StreamedLayer layer = device.compileStreamed(product(1));
                WeightImage image = device.newImage(layer.imageBytes());
                WeightSlot one = device.newSlot(layer.imageBytes());
                WeightSlot other = device.newSlot(layer.imageBytes());
                DeviceMemory memory = device.allocate(4 * WIDTH)) {
            layer.pack(image.segment());
            memory.write(0, MemorySegment.ofArray(new float[WIDTH]));
            List<WeightSlot> slots = List.of(one, other);
            for (int warm = 0; warm < 2; warm++) {
                long started = System.nanoTime();
                slots.forEach(slot -> slot.fill(image, layer.imageBytes()));
                Fence last = Fence.DONE;
                for (int i = 0; i < rounds; i++) {
                    layer.use(slots.get(i % 2));
                    last = layer.submit(new Step(0, 1, 0), memory, memory);
                    if (i < rounds - 2) {
                        slots.get(i % 2).fill(image, layer.imageBytes());
                    }
                }
                last.await();
                if (warm == 1) {
                    assertTook(rounds * 0.01 + rounds * layer.imageBytes() / 1e9, started);
                }
            }
        }
    }

    @Test
    void computationTakesTheFactorAndReadsTheLink() {
        try (Device device = Machines.open(Machines.simulation(1, new LinkSpeed(1e12, 1e12, 1e6, 0)));
                DeviceMemory memory = device.allocate(100_000)) {
            byte[] bytes = new byte[100_000];
            long started = System.nanoTime();
            memory.read(0, MemorySegment.ofArray(bytes));
            assertTook(0.1, started);
        }
        // The real device runs in one piece what takes a factor more here. A machine with other work, or code that is
        // not compiled
        // yet, slows the plain one more; without the factor the two would be equal.
        double plain = seconds(1);
        double slow = seconds(40);
        assertTrue(slow > 3 * plain, plain + " s, " + slow + " s with a factor of 40");
    }

    private static double seconds(int factor) {
        try (Device device = Machines.open(Machines.simulation(factor, null));
                CompiledLayer layer = device.compile(product(3));
                DeviceMemory memory = device.allocate(4L * WIDTH * Machines.BATCH)) {
            memory.write(0, MemorySegment.ofArray(new float[WIDTH * Machines.BATCH]));
            double best = Double.POSITIVE_INFINITY;
            for (int i = 0; i < 60; i++) {
                long started = System.nanoTime();
                for (int j = 0; j < 4; j++) {
                    layer.submit(new Step(0, Machines.BATCH, 0), memory, memory);
                }
                memory.read(0, MemorySegment.ofArray(new float[1]));
                best = Math.min(best, seconds(started));
            }
            return best;
        }
    }

    @Test
    void memoryIsCountedAndRefusedWithTheNumbers() {
        SimulatedDevice device = Machines.open(Machines.simulation(1, null));
        try (device) {
            String large = assertThrows(SluiceException.class, () -> device.allocate(Machines.MEMORY / 2 + 1))
                    .getMessage();
            assertTrue(large.contains("sim:0") && large.contains("32.0 MiB"), large);
            List<AutoCloseable> held = new ArrayList<>();
            held.add(device.allocate(Machines.MEMORY / 2));
            held.add(device.newSlot(Machines.MEMORY / 2 - 1024));
            assertEquals(1024, device.availableBytes());
            String full = assertThrows(SluiceException.class, () -> device.compile(product(1)))
                    .getMessage();
            assertTrue(full.contains("no room") && full.contains("product 1"), full);
            assertEquals(1024, device.availableBytes());
            assertEquals(2, held.size());
        }
        assertEquals(0, device.account().taken());
    }

    @ParameterizedTest
    @CsvSource({
        "COMPILE, 0, COMPILE",
        "ALLOCATE, 2, ALLOCATE",
        "COPY, 2, COPY",
        "KERNEL, 3, COMPUTE",
        "HANG, 3, HANG",
        "LOST, 3, LOST"
    })
    void aFaultIsAFailureOfItsKindAndLeavesNothingBehind(Fault.Where where, int after, DeviceFailure.Phase phase) {
        SimulatedDevice device = Machines.open(Machines.simulation(1, null, new Fault(where, after)));
        DeviceFailure failure = assertThrows(DeviceFailure.class, () -> {
            CompiledLayer layer = device.compile(product(1));
            DeviceMemory memory = device.allocate(4 * WIDTH);
            ReadBack back = device.allocate(8).readBack(0, 8);
            memory.write(0, MemorySegment.ofArray(new float[WIDTH]));
            for (int i = 0; i < 5; i++) {
                layer.submit(new Step(0, 1, 0), memory, memory);
                back.start();
            }
            back.await();
        });
        assertEquals(phase, failure.phase());
        assertEquals("sim:0", failure.device());
        assertTrue(failure.getMessage().contains("sim:0"), failure.getMessage());
        device.close();
        device.close();
        assertEquals(0, device.account().taken());
    }

    @Test
    void aWrongResultIsNoNumberOrHasTheWrongSign() {
        float[] right = results();
        float[] nan = results(new Fault(Fault.Where.WRONG, 1));
        float[] sign = results(new Fault(Fault.Where.SIGN, 1));
        assertEquals(right[0], nan[0]);
        assertTrue(Float.isNaN(nan[1]));
        assertEquals(right[0], sign[0]);
        assertEquals(-right[1], sign[1]);
    }

    /** The first output of two layers. */
    private static float[] results(Fault... faults) {
        try (Device device = Machines.open(Machines.simulation(1, null, faults));
                CompiledLayer layer = device.compile(product(2));
                DeviceMemory in = device.allocate(4 * WIDTH);
                DeviceMemory out = device.allocate(4 * WIDTH)) {
            float[] x = new float[WIDTH];
            x[3] = 1;
            in.write(0, MemorySegment.ofArray(x));
            float[] results = new float[2];
            for (int i = 0; i < 2; i++) {
                layer.submit(new Step(0, 1, 0), in, out);
                float[] y = new float[1];
                out.read(0, MemorySegment.ofArray(y));
                results[i] = y[0];
            }
            return results;
        }
    }
}
