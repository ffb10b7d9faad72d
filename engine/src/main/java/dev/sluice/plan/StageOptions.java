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
    /** Of more groups, those of the most alike pieces are taken for one, on the safe side. */
    private static final int MOST_GROUPS = 10;

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
        return known.computeIfAbsent(key, _ -> new StageEnumeration(model, from, to, groups(from, to)).options());
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
        while (groups.size() > MOST_GROUPS && mergeNearest(groups)) {}
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
}
