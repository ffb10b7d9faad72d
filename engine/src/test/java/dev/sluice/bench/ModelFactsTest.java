package dev.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.formats.Metadata;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Shape;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelFactsTest {
    private static final List<Tensor> TENSORS = List.of(tensor(DType.Q8_0, 64, 20), tensor(DType.F32, 64, 1));

    private static Tensor tensor(DType type, int cols, int rows) {
        byte[] data = new byte[Math.toIntExact(type.bytes(cols) * rows)];
        return new Tensor(type.name(), type, Shape.of(cols, rows), MemorySegment.ofArray(data));
    }

    private static String type(Map<String, Object> metadata) {
        return ModelFacts.of(new Metadata("test", metadata), "llama", TENSORS).type();
    }

    @Test
    void bytesAndParametersAreThoseOfAllTensors() {
        ModelFacts facts = ModelFacts.of(new Metadata("test", Map.of()), "llama", TENSORS);
        assertEquals(20 * 2 * 34 + 4 * 64, facts.bytes());
        assertEquals(21 * 64, facts.parameters());
    }

    @Test
    void theTypeIsFamilySizeAndTheFormatOfMostBytes() {
        assertEquals("llama 1K Q8_0", type(Map.of()));
        assertEquals("llama 135M Q8_0", type(Map.of("general.size_label", "135M", "general.file_type", 7L)));
    }

    @Test
    void mixturesAreNamedAsUsersKnowThem() {
        assertEquals("llama 1K Q4_K - Medium", type(Map.of("general.file_type", 15L)));
    }
}
