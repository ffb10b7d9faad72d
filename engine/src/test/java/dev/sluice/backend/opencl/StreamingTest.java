package dev.sluice.backend.opencl;

import dev.sluice.backend.StreamingContract;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers whose weights come to slots over a queue of their own. Not under Oclgrind, which hangs with two queues that wait for each other. */
class StreamingTest {
    static Stream<OpenClRuns.Variant> variants() {
        return Stream.concat(OpenClRuns.variants(), OpenClRuns.columns());
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void layersInSlotsComputeWhatResidentLayersDo(OpenClRuns.Variant variant) {
        try (OpenClDevice device = variant.open()) {
            StreamingContract.layersInSlotsComputeWhatResidentLayersDo(device, 1);
            StreamingContract.layersInSlotsComputeWhatResidentLayersDo(device, 3);
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void strangeSlotsAndImagesAreRefused(OpenClRuns.Variant variant) {
        try (OpenClDevice device = variant.open();
                OpenClDevice other = variant.open()) {
            StreamingContract.strangeSlotsAndImagesAreRefused(device, other);
        }
    }
}
