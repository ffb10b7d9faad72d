package dev.sluice.plan;

import java.util.ArrayList;
import java.util.List;

/**
 * Equal pieces of a stage.
 *
 * @param piece what each of them is
 * @param members their numbers in the stage: twice the layer's offset, and one more for its experts
 */
record PieceGroup(Piece piece, List<Integer> members) {
    PieceGroup {
        members = List.copyOf(members);
    }

    int count() {
        return members.size();
    }

    PieceGroup merged(PieceGroup other) {
        List<Integer> all = new ArrayList<>(members);
        all.addAll(other.members);
        all.sort(null);
        return new PieceGroup(piece.merged(other.piece), all);
    }
}
