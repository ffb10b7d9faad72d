package dev.sluice.measure;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.plan.HardwareFiles;
import dev.sluice.plan.LinkProfile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SlotCopiesTest {
    @TempDir
    Path folder;

    /** The simulated link's times are reckoned: a machine that is busy can only make it look slower. */
    @Test
    void aSlowLinkIsFoundToBeAsSlowAsItIs() throws IOException {
        Path machine = folder.resolve("machine.json");
        Files.writeString(
                machine,
                "{\"devices\": [{\"id\": \"gpu:0\", \"simulate\": {\"device\": \"cpu\", \"memory_bytes\": 64e6,"
                        + " \"link\": {\"bytes_per_second\": 0.5e9, \"to_host_bytes_per_second\": 0.25e9}}}]}");
        DeviceCatalog catalog = DeviceCatalog.discover("gpu:0", HardwareFiles.simulations(machine.toString()));
        try (Device device = catalog.open(catalog.select("gpu:0"), new DeviceOptions(1, 8))) {
            LinkProfile link = SlotCopies.measure(device, new Stopwatch(1, 2, 2));
            assertTrue(link.pinned() > 0.1e9 && link.pinned() < 0.51e9, link.toString());
            assertTrue(link.pageable() > 0.1e9 && link.pageable() < 0.51e9, link.toString());
            assertTrue(link.toHost() > 0.05e9 && link.toHost() < 0.26e9, link.toString());
        }
    }
}
