package dev.sluice.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Graph;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ModelFamiliesTest {
    @TempDir
    Path folder;

    @Test
    void aLlamaFileBecomesEmbeddingBlocksAndHead() {
        try (ModelSource source = ModelFiles.open(new TinyLlama().write(folder.resolve("ok.gguf")))) {
            Graph graph = ModelFamilies.lower(source);
            assertEquals(4, graph.layers().size());
            assertEquals(TinyLlama.VOCABULARY, graph.vocabulary());
            assertEquals(TinyLlama.VOCABULARY, graph.layers().getLast().outputWidth());
            Op.Attention attention = graph.layers().get(1).attention().orElseThrow();
            assertEquals(8, attention.headDim());
            assertEquals(1 / Math.sqrt(8), attention.scale(), 1e-7);
            assertEquals(2 * 2 * 16, graph.kvFloatsPerToken());
        }
    }

    @Test
    void withoutAnOutputMatrixTheEmbeddingIsTied() {
        try (ModelSource source = ModelFiles.open(new TinyLlama().write(folder.resolve("tied.gguf")))) {
            Graph graph = ModelFamilies.lower(source);
            Layer head = graph.layers().getLast();
            Op.Linear output = (Op.Linear) head.nodes().getLast().op();
            assertSame(((Op.Embed) graph.layers().getFirst().nodes().getFirst().op()).table(), output.weight());
        }
    }

    static Stream<Arguments> contradictions() {
        return Stream.of(
                bad("unknown architecture", m -> m.key("general.architecture", "mamba"), "mamba"),
                bad("no architecture", m -> m.without("general.architecture"), "general.architecture"),
                bad("absurd block_count", m -> m.key("llama.block_count", 2_000_000_000), "block_count"),
                bad("block_count 0", m -> m.key("llama.block_count", 0), "block_count"),
                bad("block_count too small", m -> m.key("llama.block_count", 1), "block_count"),
                bad("block_count too large", m -> m.key("llama.block_count", 3), "block_count"),
                bad("heads that do not divide", m -> m.key("llama.attention.head_count", 3), "head"),
                bad("no heads", m -> m.key("llama.attention.head_count", 0), "head_count"),
                bad("more KV heads than heads", m -> m.key("llama.attention.head_count_kv", 8), "KV heads"),
                bad(
                        "heads per block of the wrong length",
                        m -> m.key("llama.attention.head_count", new int[] {4, 4, 4}),
                        "head_count"),
                bad(
                        "heads that differ",
                        m -> m.key("llama.attention.head_count_kv", new int[] {2, 4}),
                        "head_count_kv"),
                bad("a key of the wrong type", m -> m.key("llama.embedding_length", "many"), "embedding_length"),
                bad("a missing key", m -> m.without("llama.embedding_length"), "embedding_length"),
                bad("a missing tensor", m -> m.without("blk.1.ffn_up.weight"), "blk.1.ffn_up.weight"),
                bad("no embedding", m -> m.without("token_embd.weight"), "token_embd.weight"),
                bad("a tensor of the wrong shape", m -> m.matrix("blk.0.attn_k.weight", 32, 32), "blk.0.attn_k"),
                bad(
                        "a format that is not computed",
                        m -> m.matrix("blk.0.ffn_up.weight", DType.IQ4_NL, 32, 64),
                        "IQ4_NL"),
                bad("a norm of the wrong length", m -> m.vector("output_norm.weight", 16), "output_norm"),
                bad("a tensor that is not llama's", m -> m.vector("blk.0.attn_q_norm.weight", 8), "attn_q_norm"),
                bad("experts", m -> m.key("llama.expert_count", 8), "experts"),
                bad("an odd rotation", m -> m.key("llama.rope.dimension_count", 7), "dimension_count"),
                bad("a rotation beyond the head", m -> m.key("llama.rope.dimension_count", 16), "dimension_count"),
                bad("an unknown scaling", m -> m.key("llama.rope.scaling.type", "ntk"), "ntk"),
                bad("values unlike keys", m -> m.key("llama.attention.value_length", 16), "values"),
                bad(
                        "eps that is not a number",
                        m -> m.key("llama.attention.layer_norm_rms_epsilon", Float.NaN),
                        "epsilon"));
    }

    private static Arguments bad(String what, UnaryOperator<TinyLlama> change, String named) {
        return Arguments.of(what, change, named);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("contradictions")
    void aFileThatContradictsItselfIsRefusedByName(String what, UnaryOperator<TinyLlama> change, String named) {
        Path file = change.apply(new TinyLlama()).write(folder.resolve("bad.gguf"));
        try (ModelSource source = ModelFiles.open(file)) {
            String message = assertThrows(SluiceException.class, () -> ModelFamilies.lower(source), what)
                    .getMessage();
            assertTrue(message.contains("bad.gguf") && message.contains(named), message);
        }
    }
}
