package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.plan.HardwareFiles;
import dev.sluice.plan.ShapeFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanCommandTest {
    @Test
    void aTableSaysWhereWhatHowFastAndWhy() {
        String out = CommandRun.of("plan", "--model", "70b", "--hardware", "rtx-4090")
                .succeeds()
                .out();
        for (String word : new String[] {
            "70B in Q4_K on RTX 4090",
            "not measured",
            "opencl:0",
            "in host memory",
            "resident",
            "KV cache",
            "decode",
            "prefill",
            "streamed, feed-forward on cpu",
            "bottleneck: the host's memory bandwidth",
            "1 GiB more on opencl:0"
        }) {
            assertTrue(out.contains(word), word + " in " + out);
        }
    }

    @Test
    void aTableSaysWhatIsReadFromTheDisk() {
        String out = CommandRun.of("plan", "--model", "405b", "--hardware", "laptop")
                .succeeds()
                .out();
        assertTrue(out.contains("MiB of these weights: they are read from the disk"), out);
    }

    @Test
    void everyShippedModelIsPlannedForEveryShippedMachineInJson() {
        for (String hardware : HardwareFiles.names()) {
            for (String model : ShapeFiles.names()) {
                JsonNode json = CommandRun.of("plan", "--model", model, "--hardware", hardware, "--json")
                        .succeeds()
                        .json();
                String pair = model + " on " + hardware;
                assertEquals(
                        ShapeFiles.read(model).layers().size(),
                        json.get("layers").size(),
                        pair);
                assertTrue(json.at("/decode/tokens_per_second").asDouble() > 0, pair);
                assertTrue(json.at("/prefill/tokens_per_second").asDouble() > 0, pair);
                assertTrue(json.at("/decode/bottleneck/text").asText().length() > 3, pair);
            }
        }
    }

    @Test
    void aModelFileIsPlannedForAMachineInAFile(@TempDir Path folder) throws IOException {
        Path machine = folder.resolve("mine.json");
        Files.writeString(machine, HardwareFiles.write(HardwareFiles.read("laptop")));
        JsonNode json = CommandRun.of(
                        "plan",
                        "--model",
                        CommandRun.tinyModel("gemma3").toString(),
                        "--hardware",
                        machine.toString(),
                        "--ctx",
                        "64",
                        "--place",
                        "embedding|head=cpu",
                        "--place",
                        "block=cpu",
                        "--json")
                .succeeds()
                .json();
        assertEquals(1, json.get("stages").size());
        json.get("layers")
                .forEach(layer -> assertEquals("cpu", layer.get("device").asText()));
        assertEquals(64, json.get("context").asInt());
    }

    @Test
    void aMachineThatIsNotHereIsNotMeasured() {
        CommandRun.of("plan", "--model", "8b", "--hardware", "h100", "--measure")
                .fails(1, "simulate", "--measure");
    }

    @Test
    void aMachineThatWasNotMeasuredIsToldHow(@TempDir Path folder) {
        String before = System.getProperty("sluice.cache.dir");
        System.setProperty("sluice.cache.dir", folder.toString());
        try {
            CommandRun.of("plan", "--model", "8b", "--device", "cpu")
                    .fails(1, "no profile of cpu", "sluice plan --measure", "--hardware");
        } finally {
            if (before == null) {
                System.clearProperty("sluice.cache.dir");
            } else {
                System.setProperty("sluice.cache.dir", before);
            }
        }
    }

    @Test
    void anOptionThatCannotBeHonouredIsAnError() {
        CommandRun.of("plan", "--model", "8b", "--hardware", "laptop", "--memory", "gpu=2G")
                .fails(1, "--memory", "no device gpu", "cpu, opencl:0");
        CommandRun.of("plan", "--model", "8b", "--hardware", "laptop", "--place", "nothing=cpu")
                .fails(1, "matches no layer");
        CommandRun.of("plan", "--model", "8b", "--hardware", "laptop", "--batch", "auto")
                .fails(1, "--objective throughput");
        CommandRun.of("plan", "--model", "8b", "--hardware", "laptop", "--batch", "none")
                .fails(2, "--batch");
        CommandRun.of("plan", "--model", "8b", "--hardware", "rtx-4090", "--host-share", "3")
                .fails(1, "--host-share 3", "0 layers");
        CommandRun.of("plan", "--model", "8b", "--hardware", "laptop", "--host-share", "-1")
                .fails(2, "--host-share -1", "auto, off");
        CommandRun.of("plan", "--model", "8b", "--hardware", "nowhere").fails(1, "shipped are");
        CommandRun.of("plan", "--model", "8b", "--hardware", "laptop", "--memory", "100M")
                .fails(1, "does not fit", "It would fit with");
    }
}
