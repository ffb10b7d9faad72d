package dev.sluice.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All ways to keep the weights of a stage that may be part of the best plan. Pieces that are equal are counted, not told
 * apart, and of one group as few leave the device's memory as the others demand: a model of many equal blocks has few
 * ways. Stages of equal layers are looked at once.
 */
final class StageOptions {
    /** Beyond so many ways, groups of like pieces are taken for one, on the safe side. */
    private static final double MOST_WAYS = 100_000;

    private final StageModel model;
    private final ModelShape shape;
    private final int[] kinds;
    private final Map<List<Integer>, List<StageOption>> known = new HashMap<>();
    private final int[][] counts;
    private final @Nullable List<StageOption>[][] found;

    /**
     * Stages of one device.
     *
     * @param kinds a number for each layer; layers with the same number are equal but for their names
     */
    StageOptions(StageModel model, ModelShape shape, int[] kinds) {
        this.model = model;
        this.shape = shape;
        this.kinds = kinds;
        int most = 0;
        for (int kind : kinds) {
            most = Math.max(most, kind + 1);
        }
        counts = new int[kinds.length + 1][most];
        @SuppressWarnings({"unchecked", "rawtypes"}) // there are no arrays of generic types
        List<StageOption>[][] none = new List[kinds.length][kinds.length + 1];
        found = none;
        for (int i = 0; i < kinds.length; i++) {
            counts[i + 1] = counts[i].clone();
            counts[i + 1][kinds[i]]++;
        }
    }

    /** The ways for the layers from..to−1; none if they do not fit. Members of groups are numbered from {@code from}. */
    List<StageOption> of(int from, int to) {
        List<StageOption> options = found[from][to];
        if (options == null) {
            options = equalTo(from, to);
            found[from][to] = options;
        }
        return options;
    }

    private List<StageOption> equalTo(int from, int to) {
        List<Integer> key = new ArrayList<>();
        key.add(from == 0 ? 1 : 0); // a tied head is smaller beside the embedding
        for (int kind = 0; kind < counts[0].length; kind++) {
            key.add(counts[to][kind] - counts[from][kind]);
        }
        return known.computeIfAbsent(key, _ -> enumerate(from, to));
    }

    /** The ways for the layers from..to−1, with the members of this very stage. */
    StageLayout layout(StageOption option, int device, int from, int to) {
        // An equal stage's option may have been found for other layers: its groups are made anew, in the same order.
        return new StageOption(option.use(), groups(from, to), option.streamed(), option.hosted())
                .layout(device, from, to);
    }

    private List<PieceGroup> groups(int from, int to) {
        // By kind of layer, then by position, so that equal stages have their groups in the same order.
        Map<Piece, List<Integer>> pieces = new LinkedHashMap<>();
        for (int kind = 0; kind < counts[0].length; kind++) {
            for (int i = from; i < to; i++) {
                if (kinds[i] == kind) {
                    collect(pieces, Piece.own(model, from, i), 2 * (i - from));
                    long experts = shape.layers().get(i).expertBytes();
                    if (experts > 0) {
                        collect(pieces, Piece.experts(model, i, experts), 2 * (i - from) + 1);
                    }
                }
            }
        }
        List<PieceGroup> groups = new ArrayList<>();
        pieces.forEach((piece, members) -> {
            members.sort(null);
            groups.add(new PieceGroup(piece, members));
        });
        while (groups.stream().mapToDouble(PieceGroup::ways).reduce(1, (a, b) -> a * b) > MOST_WAYS
                && mergeNearest(groups)) {}
        return groups;
    }

    private static void collect(Map<Piece, List<Integer>> pieces, Piece piece, int member) {
        if (piece.movable()) {
            pieces.computeIfAbsent(piece, _ -> new ArrayList<>()).add(member);
        }
    }

    private static boolean mergeNearest(List<PieceGroup> groups) {
        int a = -1;
        int b = -1;
        double nearest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < groups.size(); i++) {
            for (int j = i + 1; j < groups.size(); j++) {
                double distance = groups.get(i).piece().distance(groups.get(j).piece());
                if (distance < nearest) {
                    nearest = distance;
                    a = i;
                    b = j;
                }
            }
        }
        if (a < 0) {
            return false;
        }
        groups.set(a, groups.get(a).merged(groups.get(b)));
        groups.remove(b);
        return true;
    }

    private List<StageOption> enumerate(int from, int to) {
        List<PieceGroup> groups = groups(from, to);
        int pivot = -1;
        for (int g = 0; g < groups.size(); g++) {
            if (groups.get(g).piece().streamable()
                    && (pivot < 0 || groups.get(g).count() > groups.get(pivot).count())) {
                pivot = g;
            }
        }
        List<StageOption> options = new ArrayList<>();
        new Enumeration(from, to, groups, pivot, options).descend(0, Away.NOTHING);
        return List.copyOf(options);
    }

    /** One walk through the ways of a stage. */
    private final class Enumeration {
        private final int from;
        private final int to;
        private final List<PieceGroup> groups;
        private final int pivot;
        private final List<StageOption> options;
        private final long all;
        private final Integer[] streamed;
        private final Integer[] hosted;

        Enumeration(int from, int to, List<PieceGroup> groups, int pivot, List<StageOption> options) {
            this.from = from;
            this.to = to;
            this.groups = groups;
            this.pivot = pivot;
            this.options = options;
            streamed = new Integer[groups.size()];
            hosted = new Integer[groups.size()];
            all = model.bytes(from, to, Away.NOTHING).total();
        }

        /**
         * Goes through all ways for the groups from g on.
         *
         * @return whether it fits with nothing of these groups away, so that taking more of the groups before away is of
         *     no use
         */
        boolean descend(int g, Away away) {
            if (g == groups.size()) {
                return complete(away);
            }
            PieceGroup group = groups.get(g);
            Piece piece = group.piece();
            boolean fits = false;
            for (int h = 0; h <= (piece.hostable() ? group.count() : 0); h++) {
                Away withHosted = away.host(h, piece.bytes(), piece.read(), piece.delta(), piece.cpu());
                hosted[g] = h;
                int most = piece.streamable() && g != pivot ? group.count() - h : 0;
                for (int s = 0; s <= most; s++) {
                    streamed[g] = s;
                    boolean enough = descend(g + 1, withHosted.stream(s, piece.bytes(), piece.read()));
                    fits |= enough && h == 0 && s == 0;
                    if (enough) {
                        break;
                    }
                }
            }
            return fits;
        }

        /**
         * The pivot gives as many as the others demand, and no more: all else only gets worse with them. A device that
         * shares the host's memory may be asked for more, as the host then need not hold them.
         */
        private boolean complete(Away away) {
            StageUse use = model.use(from, to, away, all);
            if (pivot < 0) {
                offer(use);
                return use != null && !model.device.hostMemory();
            }
            Piece piece = groups.get(pivot).piece();
            int least = 0;
            if (use == null) {
                Away one = away.stream(1, piece.bytes(), piece.read());
                long missing = model.total(one, all) - model.device.memoryBytes();
                least = 1 + (int) Math.max(0, Math.ceilDiv(missing, piece.bytes()));
            }
            int most = groups.get(pivot).count() - hosted[pivot];
            for (int count = least; count <= (model.device.hostMemory() ? most : Math.min(least, most)); count++) {
                streamed[pivot] = count;
                offer(model.use(from, to, away.stream(count, piece.bytes(), piece.read()), all));
            }
            return use != null && !model.device.hostMemory();
        }

        private void offer(@Nullable StageUse use) {
            if (use == null) {
                return;
            }
            StageOption option = new StageOption(use, groups, List.of(streamed), List.of(hosted));
            if (options.stream().noneMatch(known -> known.dominates(option))) {
                options.removeIf(option::dominates);
                options.add(option);
            }
        }
    }
}
