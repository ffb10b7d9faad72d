package dev.sluice.check;

import dev.sluice.backend.DevicePeaks;
import java.util.List;
import java.util.Locale;

/** A report as a page for people, in Markdown. */
public final class CheckPage {
    private final StringBuilder page = new StringBuilder();

    private CheckPage() {}

    /** Renders a report. */
    public static String of(CheckReport report) {
        CheckPage page = new CheckPage();
        page.head(report);
        page.peaks(report);
        page.shares(report);
        page.agreements(report);
        page.speeds(report);
        page.list("What could not be done", report.problems());
        page.facts(report);
        return page.page.toString();
    }

    private void line(String text) {
        page.append(text).append('\n');
    }

    private void head(CheckReport report) {
        line(String.format(Locale.ROOT, "# %s", report.device().getOrDefault("name", "A device")));
        line("");
        line(String.format(
                Locale.ROOT,
                "%s, %s, %s%s",
                report.engine(),
                report.device().getOrDefault("platform", ""),
                report.started(),
                report.quick() ? ". A quick run: it shows that all works, its figures mean little" : ""));
        if (!report.complete()) {
            line("");
            line(
                    "**The check did not come to its end**: the process was ended, most likely by the driver, behind what is"
                            + " written here.");
        }
        long wrong = report.agreements().stream().filter(a -> !a.passes()).count();
        long below = report.shares().stream().filter(s -> s.share() < s.bar()).count();
        line("");
        line(String.format(
                Locale.ROOT,
                "- results: %s",
                report.agreements().isEmpty()
                        ? "not compared"
                        : wrong == 0
                                ? "all " + report.agreements().size() + " agree with the scalar reference"
                                : wrong + " of " + report.agreements().size() + " are WRONG"));
        line(String.format(
                Locale.ROOT,
                "- kernels below their bar: %d of %d",
                below,
                report.shares().size()));
        line(String.format(
                Locale.ROOT, "- could not be done: %d", report.problems().size()));
    }

    private void peaks(CheckReport report) {
        DevicePeaks peaks = report.peaks();
        if (peaks == null) {
            return;
        }
        DevicePeaks.Transfers transfers = peaks.transfers();
        title("What the device reaches at best");
        line("| | |");
        line("|---|---:|");
        line(String.format(Locale.ROOT, "| a kernel that reads | %.1f GB/s |", peaks.readBytesPerSecond() / 1e9));
        line(String.format(
                Locale.ROOT,
                "| a kernel that copies, both ways counted | %.1f GB/s |",
                peaks.copyBytesPerSecond() / 1e9));
        line(String.format(Locale.ROOT, "| multiply-adds in f32 | %.1f GFLOP/s |", peaks.flopsPerSecond() / 1e9));
        line(String.format(
                Locale.ROOT,
                "| a launch among many | %.2f µs, %.0f a second |",
                peaks.launchSeconds() * 1e6,
                1 / peaks.launchSeconds()));
        line(String.format(Locale.ROOT, "| a launch and the wait for it | %.2f µs |", peaks.roundTripSeconds() * 1e6));
        line(String.format(Locale.ROOT, "| host to device, pinned | %.1f GB/s |", transfers.toDevicePinned() / 1e9));
        line(String.format(
                Locale.ROOT, "| host to device, pageable | %.1f GB/s |", transfers.toDevicePageable() / 1e9));
        line(String.format(Locale.ROOT, "| device to host, pinned | %.1f GB/s |", transfers.fromDevicePinned() / 1e9));
        line(String.format(
                Locale.ROOT, "| device to host, pageable | %.1f GB/s |", transfers.fromDevicePageable() / 1e9));
    }

    private void title(String text) {
        line("");
        line(String.format(Locale.ROOT, "## %s", text));
        line("");
    }

    private void shares(CheckReport report) {
        if (report.shares().isEmpty()) {
            return;
        }
        title("Share of the peak that our kernels reach");
        line(
                "Medians; the peak is sampled in turn with the kernel. GEMV and attention: bytes of weights, keys and values"
                        + " beside the better of reading and copying. GEMM: operations beside multiply-adds in f32, which"
                        + " products of 8-bit integers may pass.");
        line("");
        line("| kernel | format | shape | rate | peak | share | bar | |");
        line("|---|---|---|---:|---:|---:|---:|---|");
        for (CheckReport.Share s : report.shares()) {
            line(String.format(
                    Locale.ROOT,
                    "| %s | %s | %s | %.1f G%s | %.1f | %.0f %% | %.0f %% | %s |",
                    s.kernel(),
                    s.format(),
                    s.shape(),
                    s.rate() / 1e9,
                    s.unit(),
                    s.peak() / 1e9,
                    100 * s.share(),
                    100 * s.bar(),
                    s.share() < s.bar() ? "below" : ""));
        }
    }

    private void agreements(CheckReport report) {
        if (report.agreements().isEmpty()) {
            return;
        }
        title("Results beside the scalar reference");
        line("Logits of small models with random weights: mean squared error over variance.");
        line("");
        line("| what | error | limit | |");
        line("|---|---:|---:|---|");
        for (CheckReport.Agreement a : report.agreements()) {
            line(String.format(
                    Locale.ROOT,
                    "| %s | %.1e | %.0e | %s |",
                    a.what(),
                    a.nmse(),
                    a.limit(),
                    a.passes() ? "" : "WRONG"));
        }
    }

    private void speeds(CheckReport report) {
        if (report.speeds().isEmpty()) {
            return;
        }
        title("Models");
        line("| model | test | tokens/s | GB/s |");
        line("|---|---|---:|---:|");
        for (CheckReport.Speed s : report.speeds()) {
            line(String.format(
                    Locale.ROOT,
                    "| %s | %s | %.1f | %.1f |",
                    s.model(),
                    s.test(),
                    s.tokensPerSecond(),
                    s.bytesPerSecond() / 1e9));
        }
        for (CheckReport.Speed s : report.speeds()) {
            if (s.profile() != null) {
                line("");
                line(String.format(Locale.ROOT, "%s, one repetition with every launch recorded:", s.model()));
                line("");
                line("```");
                page.append(s.profile());
                line("```");
            }
        }
    }

    private void list(String name, List<String> lines) {
        if (!lines.isEmpty()) {
            title(name);
            lines.forEach(text -> line(String.format(Locale.ROOT, "- %s", text)));
        }
    }

    private void facts(CheckReport report) {
        title("Device and machine");
        report.device().forEach((key, value) -> line(String.format(Locale.ROOT, "- %s: %s", key, value)));
        report.machine().forEach((key, value) -> line(String.format(Locale.ROOT, "- %s: %s", key, value)));
    }
}
