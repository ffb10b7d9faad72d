package dev.sluice.graph;

import java.util.List;

/**
 * One operation in a layer, reading values by number and writing a new one.
 *
 * @param op what is computed
 * @param inputs numbers of the values read, in the order that the operation names them
 * @param output number of the value written
 */
public record Node(Op op, List<Integer> inputs, int output) {
    public Node {
        inputs = List.copyOf(inputs);
    }
}
