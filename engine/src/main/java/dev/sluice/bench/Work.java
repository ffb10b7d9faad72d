package dev.sluice.bench;

import dev.sluice.backend.KvType;
import dev.sluice.graph.Graph;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Node;
import dev.sluice.graph.Op;

/**
 * What a test cannot do without, counted from the model's graph: the least that any implementation reads and computes.
 * A step reads each weight once, as it lies in the file, however many tokens it has, and of each sequence's KV cache
 * the positions that its tokens attend to, once; activations stay in the caches.
 *
 * @param bytes read from memory
 * @param flops floating-point operations, a multiplication with its addition being two
 */
public record Work(double bytes, double flops) {
    private static final Work NONE = new Work(0, 0);

    /** The work of a test's clocked part. */
    public static Work of(ThroughputTest test, Graph graph, KvType kv, int batchTokens) {
        Work work = NONE;
        for (ThroughputTest.Piece piece : test.promptPieces(batchTokens)) {
            Work step = step(graph, kv, 1, piece.position(), piece.tokens(), piece.last() ? 1 : 0);
            work = work.plus(step.times(test.sequences()));
        }
        for (int i = 0; i < test.generated(); i++) {
            work = work.plus(step(graph, kv, test.sequences(), test.depth() + test.prompt() + i, 1, 1));
        }
        return work;
    }

    /**
     * The work of one step.
     *
     * @param sequences how many take part in it, each with as many tokens at the same position
     * @param position index of the first token
     * @param tokens tokens of each sequence
     * @param outputs for how many of them, counted from the last, logits are computed
     */
    static Work step(Graph graph, KvType kv, int sequences, int position, int tokens, int outputs) {
        double bytes = 0;
        double flops = 0;
        for (Layer layer : graph.layers()) {
            boolean head = layer.kind() == Layer.Kind.HEAD;
            int rows = head ? outputs : tokens;
            if (rows == 0) {
                continue;
            }
            bytes += layer.weightBytes();
            for (Node node : layer.nodes()) {
                if (node.op() instanceof Op.Attention attention) {
                    bytes += sequences * kvBytes(attention, kv, position, tokens);
                    for (int i = 0; i < tokens; i++) {
                        flops += sequences * attention.flops(1, position + i + 1);
                    }
                } else {
                    flops += node.op().flops(sequences * rows, 0);
                }
            }
        }
        return new Work(bytes, flops);
    }

    /** Bytes of the keys and values that the tokens of one sequence attend to, their own included. */
    private static double kvBytes(Op.Attention attention, KvType kv, int position, int tokens) {
        int seen = position + tokens;
        if (attention.window() > 0) {
            seen = Math.min(seen, attention.window() + tokens - 1);
        }
        return 2.0 * attention.kvWidth() * kv.bytes() * seen;
    }

    private Work plus(Work other) {
        return new Work(bytes + other.bytes, flops + other.flops);
    }

    private Work times(int factor) {
        return new Work(bytes * factor, flops * factor);
    }
}
