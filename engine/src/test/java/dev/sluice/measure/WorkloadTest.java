package dev.sluice.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.KvType;
import dev.sluice.tensor.DType;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Counting and running workloads on every device. */
class WorkloadTest {
    private static final int TOKENS = 16;

    /** A device that can be opened. */
    record Present(Backend backend, DeviceInfo info) {
        Device open() {
            return backend.open(info, new DeviceOptions(0, TOKENS));
        }

        @Override
        public String toString() {
            return info.id();
        }
    }

    static Stream<Present> devices() {
        return ServiceLoader.load(Backend.class).stream()
                .map(ServiceLoader.Provider::get)
                .flatMap(backend -> backend.discover().devices().stream().map(info -> new Present(backend, info)));
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("devices")
    void aProductReadsItsMatrixAndItsGain(Present present) {
        long layerBytes = DType.Q4_0.bytes(256) * 256 + 4 * 256;
        try (Device device = present.open();
                Workload work = Workloads.linear(device, DType.Q4_0, 256, 3 * layerBytes, TOKENS)) {
            assertEquals(3, work.layers());
            assertEquals(3 * layerBytes, work.bytes(3));
            assertEquals(2 * (2.0 * 256 * 256 + 4 * 256) * 5, work.flops(5, 2));
            assertRuns(work);
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("devices")
    void aNetworkReadsThreeMatrices(Present present) {
        long layerBytes = 3 * DType.Q8_0.bytes(256) * 512 + 4 * 256;
        try (Device device = present.open();
                Workload work = Workloads.feedForward(device, DType.Q8_0, 256, 512, 2 * layerBytes, TOKENS)) {
            assertEquals(2 * layerBytes, work.bytes(2));
            assertRuns(work);
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("devices")
    void attentionReadsKeysAndValuesOfEveryPosition(Present present) {
        Workloads.Heads heads = new Workloads.Heads(4, 2, 64);
        int depth = 3 * TOKENS + 5;
        long layerBytes = 2 * DType.Q4_0.bytes(256) * 128 + 2L * 2 * 64 * 2 * depth;
        try (Device device = present.open();
                Workload work = Workloads.attention(device, heads, KvType.F16, depth, 2 * layerBytes, TOKENS)) {
            assertEquals(2, work.layers());
            assertEquals(2 * layerBytes, work.bytes(2));
            double products = 2 * 2.0 * 256 * 128;
            assertEquals(products + 4.0 * 256 * (depth + 1), work.flops(1, 1));
            assertRuns(work);
        }
    }

    private static void assertRuns(Workload work) {
        double seconds = work.seconds();
        assertTrue(seconds > 0 && seconds < 60, seconds + " s");
        assertTrue(work.seconds(TOKENS, 1) > 0);
        assertThrows(IllegalArgumentException.class, () -> work.seconds(TOKENS + 1, 1));
        assertThrows(IllegalArgumentException.class, () -> work.seconds(1, work.layers() + 1));
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("devices")
    void whatAWorkloadTookItGivesBack(Present present) {
        try (Device device = present.open()) {
            for (int round = 0; round < 2; round++) {
                long free = device.availableBytes();
                Workloads.linear(device, DType.Q4_0, 256, 1, TOKENS).close();
                if (round > 0 && !present.info().backend().equals("cpu")) { // the first leaves scratch behind
                    assertEquals(free, device.availableBytes());
                }
            }
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("devices")
    void layersAreNoMoreThanMakeTheBytes(Present present) {
        try (Device device = present.open();
                Workload one = Workloads.linear(device, DType.F32, 32, 1, TOKENS);
                Workload many = Workloads.linear(device, DType.F32, 32, Long.MAX_VALUE / 4, TOKENS)) {
            assertEquals(List.of(1, 96), List.of(one.layers(), many.layers()));
        }
    }
}
