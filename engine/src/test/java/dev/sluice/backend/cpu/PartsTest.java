package dev.sluice.backend.cpu;

import dev.sluice.backend.Device;
import dev.sluice.backend.KvType;
import dev.sluice.backend.PartsContract;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Steps of several sequences. */
class PartsTest {
    private static final int BATCH = 40;
    /** Products with one token and with many add in different orders (docs/PRECISION.md). */
    private static final double VECTOR_LIMIT = 1e-11;
    /** Different last bits now and then become different halves. */
    private static final double F16_LIMIT = 1e-7;

    @ParameterizedTest(name = "{0} threads, {1}, window {2}")
    @CsvSource({"1, F32, 0", "3, F32, 7", "2, F16, 0", "3, F16, 20"})
    void companyChangesNoBitOfTheDefinition(int threads, KvType type, int window) {
        try (Device device = Runs.open(true, threads, BATCH)) {
            PartsContract.companyChangesNothing(device, type, window, 0);
        }
    }

    @ParameterizedTest(name = "{0} threads, {1}, window {2}")
    @CsvSource({"1, F32, 0", "3, F32, 7", "2, F16, 0", "3, F16, 20"})
    void companyChangesNothing(int threads, KvType type, int window) {
        try (Device device = Runs.open(false, threads, BATCH)) {
            PartsContract.companyChangesNothing(device, type, window, type == KvType.F32 ? VECTOR_LIMIT : F16_LIMIT);
        }
    }

    @Test
    void theHeadTakesTheLastRowsOfEachPart() {
        for (boolean scalar : new boolean[] {true, false}) {
            try (Device device = Runs.open(scalar, 2, BATCH)) {
                PartsContract.theHeadTakesTheLastRowsOfEachPart(device);
            }
        }
    }

    @Test
    void idsAndChoicesFollowTheParts() {
        for (boolean scalar : new boolean[] {true, false}) {
            try (Device device = Runs.open(scalar, 2, BATCH)) {
                PartsContract.idsAndChoicesFollowTheParts(device);
            }
        }
    }

    @Test
    void impossiblePartsAreRefused() {
        try (Device device = Runs.open(false, 1, BATCH)) {
            PartsContract.impossiblePartsAreRefused(device, BATCH);
        }
    }
}
