package dev.sluice.backend.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.tensor.TestBlocks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ProgramCacheTest {
    @TempDir
    Path folder;

    static Stream<OpenClRuns.Variant> variants() {
        return OpenClRuns.variants().filter(v -> v.shape().equals("wide"));
    }

    @Test
    void keepsABinaryUnderItsKey() {
        ProgramCache cache = new ProgramCache(folder.resolve("new/programs"));
        assertEquals(Optional.empty(), cache.load("a"));
        cache.store("a", new byte[] {1, 2, 3});
        assertArrayEquals(new byte[] {1, 2, 3}, cache.load("a").orElseThrow());
        assertEquals(Optional.empty(), cache.load("b"));
    }

    @Test
    void ignoresADamagedOrTruncatedFile() throws IOException {
        ProgramCache cache = new ProgramCache(folder);
        cache.store("a", new byte[100]);
        Path file = folder.resolve("a");
        byte[] whole = Files.readAllBytes(file);
        for (int at : new int[] {0, 4, 35, 36, whole.length - 1}) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 1;
            Files.write(file, damaged);
            assertEquals(Optional.empty(), cache.load("a"), "byte " + at);
        }
        for (int length : new int[] {0, 3, 36, whole.length - 1}) {
            Files.write(file, java.util.Arrays.copyOf(whole, length));
            assertEquals(Optional.empty(), cache.load("a"), length + " bytes");
        }
        cache.store("a", new byte[] {7});
        assertArrayEquals(new byte[] {7}, cache.load("a").orElseThrow());
    }

    @Test
    void goesOnWhereItCannotWrite() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "not a folder");
        ProgramCache cache = new ProgramCache(file.resolve("programs"));
        cache.store("a", new byte[] {1});
        assertEquals(Optional.empty(), cache.load("a"));
    }

    @Test
    void leavesNoUnfinishedFilesBehind() throws IOException {
        new ProgramCache(folder).store("a", new byte[] {1});
        assertEquals(List.of("a"), names());
    }

    @Test
    void everyPartCountsInAKey() {
        assertEquals(ProgramCache.key("a", "b"), ProgramCache.key("a", "b"));
        assertNotEquals(ProgramCache.key("a", "b"), ProgramCache.key("ab", ""));
        assertNotEquals(ProgramCache.key("a", "b"), ProgramCache.key("b", "a"));
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).toList();
        }
    }

    private static void compileALayer(OpenClDevice device) {
        LayerBuilder b = new LayerBuilder("norm", Layer.Kind.BLOCK, 16);
        b.add(new Op.RmsNorm(TestBlocks.floats("gain", new float[16], 16), 1e-5f, 16), b.input());
        device.compile(b.build()).close();
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void theSecondStartCompilesNothingUnlessTheCacheIsDamaged(OpenClRuns.Variant variant) throws IOException {
        assertTrue(pathOfANewDevice(variant, folder).contains("1 kernels (compiled)"));
        assertEquals(1, names().size());
        assertTrue(pathOfANewDevice(variant, folder).contains("1 kernels (cached)"));

        Path file = folder.resolve(names().getFirst());
        byte[] whole = Files.readAllBytes(file);
        byte[] damaged = whole.clone();
        damaged[whole.length / 2] ^= 0x55;
        Files.write(file, damaged);
        assertTrue(pathOfANewDevice(variant, folder).contains("1 kernels (compiled)"));
        assertTrue(pathOfANewDevice(variant, folder).contains("1 kernels (cached)"));
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void aDeviceWorksWithoutAPlaceForItsPrograms(OpenClRuns.Variant variant) throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "not a folder");
        assertTrue(pathOfANewDevice(variant, file.resolve("programs")).contains("1 kernels (compiled)"));
    }

    private static String pathOfANewDevice(OpenClRuns.Variant variant, Path folder) {
        try (OpenClDevice device = variant.open(new ProgramCache(folder))) {
            compileALayer(device);
            return device.path();
        }
    }
}
