package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DevicesCommandTest {
    @Test
    void listsTheCpuWithItsMemoryAndWhatAutoTakes() {
        String out = CommandRun.of("devices").succeeds().out();
        assertTrue(out.lines().anyMatch(line -> line.startsWith("cpu  ")), out);
        assertTrue(out.contains("memory"), out);
        assertTrue(out.contains("--device auto takes"), out);
    }

    @Test
    void jsonListsTheSameDevices() {
        JsonNode json = CommandRun.of("devices", "--json").succeeds().json();
        List<String> ids = new ArrayList<>();
        json.get("devices").forEach(device -> ids.add(device.get("id").asText()));
        assertTrue(ids.contains("cpu"), ids::toString);
        assertTrue(ids.contains(json.get("auto").asText()), ids::toString);
        String table = CommandRun.of("devices").out();
        assertEquals(
                ids.size(),
                table.lines()
                        .filter(line -> ids.stream().anyMatch(id -> line.startsWith(id + "  ")))
                        .count());
    }
}
