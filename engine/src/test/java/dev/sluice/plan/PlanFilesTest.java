package dev.sluice.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.error.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanFilesTest {
    @TempDir
    private Path folder = Path.of("");

    private String refusal(String text) throws IOException {
        Path file = folder.resolve("machine.json");
        Files.writeString(file, text);
        String message = assertThrows(SluiceException.class, () -> HardwareFiles.read(file.toString()))
                .getMessage();
        assertTrue(message.startsWith(file.toString()), message);
        return message;
    }

    @Test
    void hardwareThatIsWrittenIsReadAgain() throws IOException {
        for (String name : HardwareFiles.names()) {
            Hardware hardware = HardwareFiles.read(name);
            Path file = folder.resolve(name + ".json");
            Files.writeString(file, HardwareFiles.write(hardware));
            assertEquals(hardware, HardwareFiles.read(file.toString()));
        }
    }

    @Test
    void aFaultIsToldWithFileFieldAndWhatIsExpected() throws IOException {
        String good = HardwareFiles.write(HardwareFiles.read("two-gpus"));
        String negative = refusal(good.replace("\"disk_bytes_per_second\" : 3.0E9", "\"disk_bytes_per_second\" : -3"));
        assertTrue(negative.contains("in host: disk_bytes_per_second must be 0 or more, not -3"), negative);
        String missing = refusal(good.replaceFirst("\"kv_bytes_per_second\" : [^,]*,", ""));
        assertTrue(missing.contains("devices[0].kv_bytes_per_second is missing; expected is a number"), missing);
        String unknown = refusal(good.replace("\"source\"", "\"sauce\" : 1, \"source\""));
        assertTrue(unknown.contains("sauce is no known field; expected are name, source"), unknown);
        String kind = refusal(good.replaceFirst("\"kind\" : \"cpu\"", "\"kind\" : \"dsp\""));
        assertTrue(kind.contains("devices[0].kind must be cpu, gpu or accelerator, not \"dsp\""), kind);
        String type = refusal(good.replaceFirst("\"id\" : \"cpu\"", "\"id\" : 7"));
        assertTrue(type.contains("devices[0].id must be a text, not 7"), type);
        String format = refusal(good.replaceFirst("\"\\*\" :", "\"Q9\" :"));
        assertTrue(format.contains("devices[0].rates.Q9") && format.contains("weight format"), format);
        String twice = refusal(good.replace("opencl:1", "opencl:0"));
        assertTrue(twice.contains("two have the same id"), twice);
        assertTrue(refusal("{\"name\": ").contains("is no JSON"));
        assertTrue(refusal("[]").contains("must be an object"));
    }

    @Test
    void whatIsNeitherAFileNorShippedIsToldWhatThereIs() {
        String message = assertThrows(SluiceException.class, () -> HardwareFiles.read("rtx-5090"))
                .getMessage();
        assertTrue(message.contains("rtx-4090, two-gpus, h100, laptop"), message);
        assertThrows(SluiceException.class, () -> ShapeFiles.read("\0"));
    }

    @Test
    void shapesHaveTheSizesOfTheirModels() {
        Map<String, Double> billions = Map.of("8b", 8.03, "70b", 70.55, "405b", 405.85, "1t-moe", 1026.0);
        for (String name : ShapeFiles.names()) {
            ModelShape shape = ShapeFiles.read(name);
            double elements = 0;
            for (LayerShape layer : shape.layers()) {
                elements +=
                        layer.weights().stream().mapToLong(WeightPart::elements).sum();
                ExpertShape experts = layer.experts();
                elements += experts == null
                        ? 0
                        : (double) experts.count() * experts.each().elements();
            }
            double expected = billions.getOrDefault(name, 0.0);
            assertEquals(expected, elements / 1e9, 0.01 * expected, name);
        }
    }

    @Test
    void aShapesFaultIsToldWithItsPlace() throws IOException {
        Path file = folder.resolve("shape.json");
        Files.writeString(file, """
                {"name": "x", "source": "test", "embedding": 64, "vocabulary": 256, "context_length": 128,
                 "embedding_format": "Q8_0", "head_format": "Q8_0", "tied": true,
                 "blocks": [{"count": 2, "weights": [{"format": "Q8_0", "elements": 4096}], "vector_bytes": 8,
                   "experts": {"count": 4, "used": 5, "format": "Q8_0", "elements_each": 1024}, "scratch_width": 64}]}
                """);
        String message = assertThrows(SluiceException.class, () -> ShapeFiles.read(file.toString()))
                .getMessage();
        assertTrue(message.contains("in blocks[0].experts: used must be 1 to count (4), not 5"), message);
    }

    @Test
    void aProfileIsFoundForTheSameDeviceDriverAndKernelsOnly() {
        DeviceProfile profile = HardwareFiles.read("rtx-4090").devices().getLast();
        DeviceInfo device = info("535.1");
        ProfileStore store = new ProfileStore(folder.resolve("profiles"), "1");
        String missing = assertThrows(SluiceException.class, () -> store.hardware(List.of(device)))
                .getMessage();
        assertTrue(missing.contains("opencl:0") && missing.contains("sluice plan --measure"), missing);
        store.keep(device, profile);
        store.keepHost(new HostProfile(1L << 30, 1e10, 0));
        assertEquals(profile, store.find(device).orElseThrow());
        assertEquals(List.of(profile), store.hardware(List.of(device)).devices());
        assertTrue(store.find(info("535.2")).isEmpty(), "another driver");
        assertTrue(
                new ProfileStore(folder.resolve("profiles"), "2").find(device).isEmpty(), "other kernels");
    }

    @Test
    void aTrialIsFoundForTheSameModelAndDevicesOnly() {
        ProfileStore store = new ProfileStore(folder.resolve("profiles"), "1");
        DeviceInfo one = info("535.1");
        DeviceInfo other = info("opencl:1", "24.1");
        assertEquals(Trial.NONE, store.trial("model", 8, List.of(one, other)));
        Trial trial = new Trial(8, 12, Map.of("opencl:0", 101.5, "opencl:1", 99.0));
        store.keepTrial("model", List.of(one, other), trial);
        assertEquals(trial, store.trial("model", 8, List.of(other, one)));
        assertEquals("tried with this model: opencl:0 101.5, opencl:1 99.0 tokens/s", trial.text());
        assertEquals(
                Map.of("opencl:1", 99.0),
                store.trial("model", 8, List.of(info("535.2"), other)).tokensPerSecond(),
                "one has another driver");
        assertEquals(
                Map.of("opencl:0", 101.5), store.trial("model", 8, List.of(one)).tokensPerSecond());
        assertEquals(Trial.NONE, store.trial("model", 1, List.of(one, other)), "another batch");
        assertEquals(Trial.NONE, store.trial("another", 8, List.of(one, other)));
        assertEquals(
                Trial.NONE,
                new ProfileStore(folder.resolve("profiles"), "2").trial("model", 8, List.of(one, other)),
                "other kernels");
        assertEquals("", Trial.NONE.text());
    }

    private static DeviceInfo info(String driver) {
        return info("opencl:0", driver);
    }

    private static DeviceInfo info(String id, String driver) {
        return new DeviceInfo(
                id, "opencl", DeviceInfo.Kind.GPU, "RTX", "NVIDIA", 1L << 34, 1L << 32, Map.of("driver", driver));
    }

    @Test
    void productsFollowThePointsAndThenArithmetic() {
        FormatRate rate = new FormatRate(List.of(new RatePoint(1, 100), new RatePoint(4, 50)), 1600);
        assertEquals(1.0, rate.seconds(100, 10, 0, 1), 1e-12);
        assertEquals(1.5, rate.seconds(100, 10, 0, 2.5), 1e-12);
        assertEquals(2.0, rate.seconds(100, 10, 0, 100), 1e-12);
        assertEquals(12.5, rate.seconds(100, 10, 0, 1000), 1e-12);
    }

    @Test
    void productsBetweenMeasuredWidthsCostInProportionToTheirRows() {
        FormatRate rate = new FormatRate(List.of(
                new WidthRate(1000, List.of(new RatePoint(1, 100)), 1e9),
                new WidthRate(500, List.of(new RatePoint(1, 50)), 1e9)));
        assertEquals(2.0, rate.seconds(100, 10, 500, 1), 1e-12);
        assertEquals(1.0, rate.seconds(100, 10, 1000, 1), 1e-12);
        assertEquals(1.5, rate.seconds(100, 10, 2000 / 3.0, 1), 1e-12, "three rows for two of the wide ones");
        assertEquals(2.0, rate.seconds(100, 10, 100, 1), 1e-12, "nothing narrower was measured");
        assertEquals(1.0, rate.seconds(100, 10, 0, 1), 1e-12, "nothing is known");
    }

    @Test
    void kernelsThatDoNotChangeHaveOneVersion() {
        String version = KernelVersion.current();
        assertTrue(version.matches("[0-9a-f]{16}"), version);
        assertEquals(version, KernelVersion.current());
    }

    @Test
    void runsOfBlocksAreNamedByTheirEnds() {
        assertEquals(
                "embedding, block 0–2, 5, head",
                LayerNames.join(List.of("embedding", "block 0", "block 1", "block 2", "block 5", "head")));
    }
}
