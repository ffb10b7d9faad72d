package dev.sluice.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.DevicePeaks;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CheckReportTest {
    private static final DevicePeaks PEAKS =
            new DevicePeaks(1e12, 9e11, 4e13, 5e-6, 2e-5, new DevicePeaks.Transfers(25e9, 24e9, 6e9, 7e9, 26e9, 5e9));

    private static CheckReport report(@Nullable DevicePeaks peaks, double nmse, double share) {
        return new CheckReport(
                "sluice 1",
                "2026-11-22T12:00:00Z",
                true,
                false,
                Map.of("java", "25"),
                Map.of("id", "opencl:0", "name", "A GPU"),
                peaks,
                List.of(new CheckReport.Agreement("Q4_0, floats", nmse, 1e-6, nmse <= 1e-6)),
                List.of(new CheckReport.Share(
                        "GEMV", "Q4_0", "4096x4096", 1, 28, 0.001, share * 1e12, "B/s", 1e12, share, 0.7)),
                List.of(
                        new CheckReport.Speed("a model", "pp512", 1000, 1e9, null),
                        new CheckReport.Speed("a model", "tg64", 100, 7e10, "matvec q4_0\n")),
                List.of("Q6_K 4096x4096: no room"));
    }

    @Test
    void jsonHoldsAllOfIt() {
        CheckReport whole = report(PEAKS, 1e-8, 0.8);
        assertEquals(whole, CheckReport.parse(whole.json()));
        CheckReport without = report(null, 1e-8, 0.8);
        assertEquals(without, CheckReport.parse(without.json()));
        assertTrue(whole.json().contains("\"read_bytes_per_second\" : 1.0E12"), whole.json());
    }

    @Test
    void aNumberThatIsNoneSurvivesAndIsWrong() {
        CheckReport report = report(PEAKS, Double.NaN, 0.8);
        assertEquals(report, CheckReport.parse(report.json()));
        assertFalse(report.agrees());
    }

    @Test
    void whatIsNoReportIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> CheckReport.parse("[1, 2]"));
    }

    @Test
    void thePageNamesWhatIsWrongOrSlow() {
        String good = CheckPage.of(report(PEAKS, 1e-8, 0.8));
        assertTrue(good.contains("# A GPU"), good);
        assertTrue(good.contains("all 1 agree"), good);
        assertTrue(good.contains("| GEMV | Q4_0 | 4096x4096 | 800.0 GB/s | 1000.0 | 80 % | 70 % |  |"), good);
        assertTrue(good.contains("5.00 µs, 200000 a second"), good);
        assertTrue(good.contains("no room") && good.contains("matvec q4_0"), good);
        assertFalse(good.contains("WRONG") || good.contains("below |"), good);
        String bad = CheckPage.of(report(PEAKS, 1e-3, 0.5));
        assertTrue(bad.contains("1 of 1 are WRONG"), bad);
        assertTrue(bad.contains("| 50 % | 70 % | below |"), bad);
    }

    @Test
    void errorsAreSharesOfTheVariance() {
        float[][] expected = {{1, 2}, {3, 4}}; // of variance 1.25
        assertEquals(0, Conformance.nmse(expected, expected));
        float[][] off = {{1, 2}, {3, 5}};
        assertEquals(1 / 5.0, Conformance.nmse(expected, off), 1e-9);
        float[][] none = {{1, 2}, {3, Float.NaN}};
        assertTrue(Double.isNaN(Conformance.nmse(expected, none)));
    }
}
