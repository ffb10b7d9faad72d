package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.check.CheckReport;
import dev.sluice.plan.DeviceCatalog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CheckCommandTest {
    @TempDir
    Path folder;

    static Stream<String> devices() {
        return DeviceCatalog.discover().devices().stream().map(DeviceInfo::id);
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("devices")
    void aQuickCheckFindsEverything(String device) throws IOException {
        Path json = folder.resolve("check.json");
        Path page = folder.resolve("check.md");
        CommandRun run = CommandRun.of(
                "check", "--quick", "--device", device, "--json", json.toString(), "--page", page.toString());
        assertEquals("", run.succeeds().out());
        CheckReport report = CheckReport.parse(Files.readString(json));
        assertTrue(report.complete() && report.quick());
        assertTrue(report.problems().isEmpty(), () -> report.problems().toString());
        assertEquals(device, report.device().get("id"));
        assertTrue(report.agrees() && report.agreements().size() >= 4, Files.readString(json));
        // The CPU's own code has no kernels that only multiply and add.
        boolean opencl = !device.equals("cpu");
        assertEquals(opencl, report.peaks() != null);
        assertEquals(
                opencl ? Set.of("GEMV", "GEMM", "attention") : Set.of("GEMV", "attention"),
                report.shares().stream().map(CheckReport.Share::kernel).collect(Collectors.toSet()));
        for (CheckReport.Share share : report.shares()) {
            assertTrue(share.share() > 0 && share.share() < 100 && share.seconds() > 0, share.toString());
        }
        assertEquals(2, report.speeds().size());
        for (CheckReport.Speed speed : report.speeds()) {
            assertTrue(speed.tokensPerSecond() > 0, speed.toString());
            if (opencl) {
                assertNotNull(speed.profile());
            } else {
                assertNull(speed.profile());
            }
        }
        assertTrue(Files.readString(page).contains("agree with the scalar reference"));
    }

    @Test
    void onlyTheWantedPartsRun() {
        String model = CommandRun.tinyModel("llama3-gqa").toString();
        CommandRun run =
                CommandRun.of("check", "--quick", "--device", "cpu", "--parts", "model", "--model", model, "-q");
        assertTrue(run.succeeds().out().contains("| llama3-gqa.gguf | pp32 |"), run.out());
        assertTrue(!run.out().contains("GEMV") && !run.out().contains("agree with"), run.out());
        assertEquals("", run.err());
    }

    @Test
    void whatCannotBeCheckedIsOneMessage() {
        CommandRun.of("check", "--device", "opencl:99").fails(1, "opencl:99", "cpu");
        CommandRun.of("check", "--device", "cpu", "--model", "missing.gguf").fails(1, "missing.gguf");
        CommandRun.of("check", "--device", "cpu", "--parts", "everything").fails(2, "everything");
        if (DeviceCatalog.discover().devices().stream().allMatch(d -> d.kind() == DeviceInfo.Kind.CPU)) {
            CommandRun.of("check").fails(1, "no GPU", "cpu");
        }
    }
}
