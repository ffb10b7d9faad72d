package dev.sluice.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.Metadata;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Rotation;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Shape;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RopeScalingTest {
    private static final int PAIRS = 8;

    private static Rotation read(Map<String, Object> rope, float... factors) {
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("llama.context_length", 2048L);
        rope.forEach((k, v) -> keys.put("llama.rope." + k, v));
        Tensor divisors = factors.length == 0
                ? null
                : new Tensor("rope_freqs.weight", DType.F32, Shape.of(PAIRS), MemorySegment.ofArray(factors));
        return RopeScaling.read(source(keys), "llama", Rotation.Pairing.INTERLEAVED, PAIRS, divisors);
    }

    private static ModelSource source(Map<String, Object> keys) {
        Metadata metadata = new Metadata("test.gguf", keys);
        return new ModelSource() {
            @Override
            public String description() {
                return "test.gguf";
            }

            @Override
            public Metadata metadata() {
                return metadata;
            }

            @Override
            public Map<String, Tensor> tensors() {
                return Map.of();
            }

            @Override
            public Optional<Tensor> find(String name) {
                return Optional.empty();
            }

            @Override
            public Tensor tensor(String name) {
                throw new SluiceException(name);
            }

            @Override
            public long fileBytes() {
                return 0;
            }

            @Override
            public void close() {}
        };
    }

    private static double plain(int pair, double base) {
        return Math.pow(base, -2.0 * pair / (2 * PAIRS));
    }

    @Test
    void withoutScalingFrequenciesAreAGeometricSeries() {
        Rotation rotation = read(Map.of("freq_base", 500_000f));
        assertEquals(PAIRS, rotation.pairs());
        for (int i = 0; i < PAIRS; i++) {
            assertEquals(plain(i, 500_000), rotation.frequency(i), 1e-7 * plain(i, 500_000));
        }
        assertEquals(1f, rotation.magnitude());
    }

    @Test
    void linearScalingDividesThemAll() {
        Rotation rotation = read(Map.of("scaling.type", "linear", "scaling.factor", 4f));
        for (int i = 0; i < PAIRS; i++) {
            assertEquals(plain(i, 10_000) / 4, rotation.frequency(i), 1e-7);
        }
    }

    @Test
    void factorsDivideEachOnItsOwn() {
        Rotation rotation = read(Map.of(), 1, 2, 3, 4, 5, 6, 7, 8);
        for (int i = 0; i < PAIRS; i++) {
            assertEquals(plain(i, 10_000) / (i + 1), rotation.frequency(i), 1e-7);
        }
    }

    @Test
    void yarnKeepsFastPairsAndInterpolatesSlowOnes() {
        Rotation rotation =
                read(Map.of("scaling.type", "yarn", "scaling.factor", 4f, "scaling.original_context_length", 512L));
        assertEquals(plain(0, 10_000), rotation.frequency(0), 1e-7);
        assertEquals(plain(PAIRS - 1, 10_000) / 4, rotation.frequency(PAIRS - 1), 1e-7);
        for (int i = 0; i < PAIRS; i++) {
            double f = rotation.frequency(i);
            assertTrue(f <= plain(i, 10_000) * 1.000001 && f >= plain(i, 10_000) / 4 * 0.999999, "pair " + i);
        }
        assertEquals(1 + 0.1 * Math.log(4), rotation.magnitude(), 1e-6);
    }

    @Test
    void unknownMethodsAreNamed() {
        String message = assertThrows(SluiceException.class, () -> read(Map.of("scaling.type", "longrope")))
                .getMessage();
        assertTrue(message.contains("longrope") && message.contains("test.gguf"), message);
    }

    @Test
    void impossibleNumbersAreRefused() {
        assertThrows(SluiceException.class, () -> read(Map.of("freq_base", -1f)));
        assertThrows(SluiceException.class, () -> read(Map.of("scaling.factor", Float.NaN)));
    }
}
