package dev.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.LoadOptions;
import dev.sluice.Sluice;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.plan.Trial;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class DecodeTrialTest {
    @Test
    void eachDeviceIsTriedInEachRound() throws URISyntaxException {
        Path model =
                Path.of(Objects.requireNonNull(DecodeTrialTest.class.getResource("/conformance/models/llama3-gqa.gguf"))
                        .toURI());
        List<String> devices = Sluice.devices().stream().map(DeviceInfo::id).toList();
        List<String> heard = new ArrayList<>();
        Trial trial = new DecodeTrial(model, LoadOptions.DEFAULT, 2, 20).run(devices, (what, done, total) -> {
            assertEquals(heard.size(), done);
            assertEquals(6L * devices.size(), total);
            heard.add(what);
        });
        assertEquals(new HashSet<>(devices), trial.tokensPerSecond().keySet());
        assertTrue(trial.tokensPerSecond().values().stream().allMatch(rate -> rate > 0 && Double.isFinite(rate)));
        assertEquals(2, trial.sequences());
        for (int i = 0; i < heard.size(); i++) {
            assertEquals("trying " + devices.get(i % devices.size()), heard.get(i));
        }
    }
}
