package dev.sluice.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LayerTest {
    private static final Tensor GAIN = TestBlocks.floats("gain", new float[32], 32);
    private static final Tensor BIAS = TestBlocks.floats("bias", new float[32], 32);
    private static final Tensor WEIGHT = TestBlocks.random(DType.Q8_0, 32, 32, 1);

    @Test
    void aBlocksWeightsAreMatricesAndVectorsEachOnce() {
        Tensor gate = TestBlocks.random(DType.Q8_0, 32, 64, 2);
        Tensor up = TestBlocks.random(DType.Q8_0, 32, 64, 3);
        Tensor down = TestBlocks.random(DType.Q8_0, 64, 32, 4);
        LayerBuilder b = new LayerBuilder("block 0", Layer.Kind.BLOCK, 32);
        int normed = b.add(new Op.RmsNorm(GAIN, 1e-5f, 32), b.input());
        int first = b.add(new Op.Linear(WEIGHT, BIAS), normed);
        int second = b.add(new Op.Linear(WEIGHT, null), first);
        int again = b.add(new Op.RmsNorm(GAIN, 1e-5f, 32), second);
        b.add(new Op.GatedFfn(gate, up, down, Activation.SILU), again);
        Layer layer = b.build();
        assertEquals(List.of(WEIGHT, gate, up, down), List.copyOf(layer.matrices()));
        assertEquals(Set.of(GAIN, BIAS), layer.vectors());
        assertEquals(Optional.empty(), layer.table());
    }

    @Test
    void anEmbeddingTableIsNeither() {
        Tensor table = TestBlocks.random(DType.Q8_0, 32, 100, 5);
        LayerBuilder b = new LayerBuilder("embedding", Layer.Kind.EMBEDDING, 1);
        b.add(new Op.Embed(table, 1), b.input());
        Layer layer = b.build();
        assertEquals(Optional.of(table), layer.table());
        assertEquals(Set.of(), layer.matrices());
        assertEquals(Set.of(), layer.vectors());
    }

    @Test
    void rotationsTurnAlikeWhateverTheirPairs() {
        float[] frequencies = {1, 0.5f};
        Rotation rotation = new Rotation(Rotation.Pairing.HALVES, frequencies, 1);
        assertTrue(rotation.turnsLike(new Rotation(Rotation.Pairing.INTERLEAVED, frequencies, 1)));
        assertFalse(rotation.turnsLike(new Rotation(Rotation.Pairing.HALVES, frequencies, 2)));
        assertFalse(rotation.turnsLike(new Rotation(Rotation.Pairing.HALVES, new float[] {1, 0.25f}, 1)));
        assertFalse(rotation.turnsLike(new Rotation(Rotation.Pairing.HALVES, new float[] {1}, 1)));
    }
}
