package dev.sluice.backend.cpu;

import dev.sluice.backend.Device;
import dev.sluice.backend.StreamingContract;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers whose weights come to slots. */
class StreamingTest {
    private static final int BATCH = 40;

    @ParameterizedTest(name = "{0} slots")
    @ValueSource(ints = {1, 2, 3})
    void layersInSlotsComputeWhatResidentLayersDo(int slots) {
        try (Device device = Runs.open(false, 2, BATCH)) {
            StreamingContract.layersInSlotsComputeWhatResidentLayersDo(device, slots);
        }
    }

    @Test
    void strangeSlotsAndImagesAreRefused() {
        try (Device device = Runs.open(false, 1, BATCH);
                Device other = Runs.open(false, 1, BATCH)) {
            StreamingContract.strangeSlotsAndImagesAreRefused(device, other);
        }
    }
}
