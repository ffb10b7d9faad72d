package dev.sluice.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The head cut along the vocabulary, into slices of a block's size. With large vocabularies a head is many times as large as a block;
 * where weights come to a device through slots its slices need no larger ones, and copies go on while it computes. A slice is a
 * layer like the head: it norms its input for itself, and gives some columns of the logits.
 */
public final class HeadSlices {
    /** Slices begin at multiples of this many rows: weights are laid out, and products computed, in tiles of as many or fewer. */
    private static final int ROWS = 128;

    private final Layer head;
    private final int step;
    private final int count;

    /** Those of a graph's head: one, if that is no larger than a block. */
    public HeadSlices(Graph graph) {
        head = graph.layers().getLast();
        long block = graph.layers().stream()
                .filter(layer -> layer.kind() == Layer.Kind.BLOCK)
                .mapToLong(HeadSlices::matrixBytes)
                .max()
                .orElse(0);
        int rows = whole().width();
        int about = Math.min(rows, count(matrixBytes(head), block));
        step = Math.ceilDiv(Math.ceilDiv(rows, about), ROWS) * ROWS;
        count = Math.ceilDiv(rows, step);
    }

    /** Into how many slices a head is cut, more or less. */
    public static int count(long headBytes, long largestBlockBytes) {
        return largestBlockBytes == 0 ? 1 : Math.toIntExact(Math.max(1, Math.ceilDiv(headBytes, largestBlockBytes)));
    }

    /** How many there are. */
    public int count() {
        return count;
    }

    /** The number of each. */
    public Set<Integer> all() {
        return IntStream.range(0, count).boxed().collect(Collectors.toSet());
    }

    /**
     * A slice, or several that follow one another.
     *
     * @param apart whether it is one of those that were to be layers of their own
     */
    public record Part(Layer layer, boolean apart) {}

    /**
     * The head in layers that together do what it does, in the order of the vocabulary.
     *
     * @param apart numbers of slices that are to be layers of their own; what lies between two of them is one
     */
    public List<Part> parts(Set<Integer> apart) {
        if (apart.stream().anyMatch(slice -> slice < 0 || slice >= count)) {
            throw new IllegalArgumentException("slices " + apart + " of " + count);
        }
        List<Part> parts = new ArrayList<>();
        for (int from = 0; from < count; ) {
            int to = from + 1;
            while (!apart.contains(from) && to < count && !apart.contains(to)) {
                to++;
            }
            parts.add(new Part(layer(from, to), apart.contains(from)));
            from = to;
        }
        return parts;
    }

    private Op.Linear whole() {
        if (head.nodes().getLast().op() instanceof Op.Linear product) {
            return product;
        }
        throw new IllegalArgumentException(head.name() + " does not end with a product");
    }

    private static long matrixBytes(Layer layer) {
        return layer.matrices().stream()
                .mapToLong(tensor -> tensor.data().byteSize())
                .sum();
    }

    private Layer layer(int first, int end) {
        Op.Linear whole = whole();
        int from = first * step;
        int to = Math.min(whole.width(), end * step);
        if (from == 0 && to == whole.width()) {
            return head;
        }
        Op.Linear own = new Op.Linear(
                whole.weight().rows(from, to),
                whole.bias() == null ? null : whole.bias().elements(from, to),
                from,
                whole.width());
        List<Node> nodes = new ArrayList<>(head.nodes());
        Node last = nodes.removeLast();
        nodes.add(new Node(own, last.inputs(), last.output()));
        return new Layer(head.name() + " rows " + from + " to " + (to - 1), head.kind(), head.inputWidth(), nodes);
    }
}
