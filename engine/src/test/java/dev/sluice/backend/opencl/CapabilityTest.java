package dev.sluice.backend.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.error.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CapabilityTest {
    private static final String FOLDER = "sluice.cache.dir";

    @TempDir
    Path folder;

    @BeforeEach
    void anEmptyCache() {
        System.setProperty(FOLDER, folder.toString());
    }

    @AfterEach
    void theUsersCache() {
        System.clearProperty(FOLDER);
    }

    static Stream<DeviceInfo> devices() {
        return OpenClRuns.variants().map(OpenClRuns.Variant::info).distinct();
    }

    private List<Path> kept() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("capabilities"))) {
            return files.toList();
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void everyCapabilityIsTriedOnceAndTheAnswerKept(DeviceInfo info) throws IOException {
        dev.sluice.opencl.Device device = OpenClBackend.find(info.id());
        Set<Capability> found = ProbeProcess.capabilities(info.id(), device);
        assertEquals(1, kept().size());
        Path file = kept().getFirst();
        List<String> lines = Files.readAllLines(file);
        assertEquals(Capability.values().length, lines.size(), lines.toString());
        for (Capability capability : Capability.values()) {
            String answer = (found.contains(capability) ? CapabilityProbe.YES : CapabilityProbe.NO) + capability;
            assertTrue(lines.contains(answer), lines.toString());
        }
        // The file is believed, so that nothing is tried again,
        Files.write(file, List.of(CapabilityProbe.YES + Capability.AMD_DOT4));
        assertEquals(Set.of(Capability.AMD_DOT4), ProbeProcess.capabilities(info.id(), device));
        // unless it is damaged.
        Files.writeString(file, "yes NONSENSE");
        assertEquals(found, ProbeProcess.capabilities(info.id(), device));
        assertEquals(lines, Files.readAllLines(file));
    }

    @Test
    void whatIsSwitchedOffIsNotUsed() {
        Set<Capability> found = Set.of(Capability.FP16, Capability.X86_VNNI);
        assertEquals(found, Capabilities.allowed(found, null));
        assertEquals(found, Capabilities.allowed(found, " "));
        assertEquals(Set.of(Capability.FP16), Capabilities.allowed(found, "x86-vnni, amd-dot4"));
        assertEquals(Set.of(), Capabilities.allowed(found, "ALL"));
        String message = assertThrows(SluiceException.class, () -> Capabilities.allowed(found, "fp16,vnni"))
                .getMessage();
        assertTrue(message.contains("vnni") && message.contains("x86-vnni"), message);
    }
}
