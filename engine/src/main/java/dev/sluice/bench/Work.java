package dev.sluice.bench;

import dev.sluice.backend.KvType;
import dev.sluice.graph.Graph;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Node;
import dev.sluice.graph.Op;
import java.util.List;

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
        for (List<ThroughputTest.Part> step : test.promptSteps(batchTokens)) {
            work = work.plus(step(graph, kv, step));
        }
        for (int i = 0; i < test.generated(); i++) {
            work = work.plus(step(graph, kv, test.generationStep(i)));
        }
        return work;
    }

    /** The work of one step of one or several sequences. */
    static Work step(Graph graph, KvType kv, List<ThroughputTest.Part> parts) {
        int tokens = parts.stream().mapToInt(ThroughputTest.Part::tokens).sum();
        int outputs = (int) parts.stream().filter(ThroughputTest.Part::last).count();
        double bytes = 0;
        double flops = 0;
        for (Layer layer : graph.layers()) {
            int rows = layer.kind() == Layer.Kind.HEAD ? outputs : tokens;
            if (rows == 0) {
                continue;
            }
            bytes += layer.weightBytes();
            for (Node node : layer.nodes()) {
                if (node.op() instanceof Op.Attention attention) {
                    for (ThroughputTest.Part part : parts) {
                        bytes += kvBytes(attention, kv, part.position(), part.tokens());
                        for (int i = 1; i <= part.tokens(); i++) {
                            flops += attention.flops(1, part.position() + i);
                        }
                    }
                } else {
                    flops += node.op().flops(rows, 0);
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
}
