package dev.sluice.backend.opencl;

import dev.sluice.backend.KvType;
import dev.sluice.backend.PartsContract;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Steps of several sequences. */
class PartsTest {
    /** Products with one token and with many add in different orders (docs/PRECISION.md). */
    private static final double LIMIT = 1e-9;
    /** Different last bits now and then become different halves. */
    private static final double F16_LIMIT = 1e-6;

    static Stream<OpenClRuns.Variant> variants() {
        return OpenClRuns.variants();
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void companyChangesNothing(OpenClRuns.Variant variant) {
        try (OpenClDevice device = variant.open()) {
            PartsContract.companyChangesNothing(device, KvType.F32, 0, LIMIT);
            PartsContract.companyChangesNothing(device, KvType.F32, 7, LIMIT);
            PartsContract.companyChangesNothing(device, KvType.F16, 20, F16_LIMIT);
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void rowsFollowTheParts(OpenClRuns.Variant variant) {
        try (OpenClDevice device = variant.open()) {
            PartsContract.theHeadTakesTheLastRowsOfEachPart(device);
            PartsContract.idsAndChoicesFollowTheParts(device);
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void impossiblePartsAreRefused(OpenClRuns.Variant variant) {
        try (OpenClDevice device = variant.open()) {
            PartsContract.impossiblePartsAreRefused(device, OpenClRuns.BATCH);
        }
    }
}
