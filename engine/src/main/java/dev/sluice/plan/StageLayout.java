package dev.sluice.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Consecutive layers on a device, with the place of each one's weights.
 *
 * @param device index of the device
 * @param from index of the first layer
 * @param dense for each layer {@link Residency#RESIDENT} or {@link Residency#STREAMED}
 * @param experts for each layer the place of its experts; RESIDENT where it has none
 * @param ofLast how many {@link StageModel#parts} of the last layer are streamed, if it is
 * @param halved indices of streamed layers whose feed-forward half the CPU computes
 */
record StageLayout(
        int device, int from, List<Residency> dense, List<Residency> experts, int ofLast, Set<Integer> halved) {
    StageLayout {
        dense = List.copyOf(dense);
        experts = List.copyOf(experts);
        halved = Set.copyOf(halved);
    }

    /** The device computes the whole of all layers but for experts. */
    StageLayout(int device, int from, List<Residency> dense, List<Residency> experts, int ofLast) {
        this(device, from, dense, experts, ofLast, Set.of());
    }

    /** The same with other halves on the CPU. */
    StageLayout withHalved(Set<Integer> value) {
        return new StageLayout(device, from, dense, experts, ofLast, value);
    }

    int to() {
        return from + dense.size();
    }

    /** What is not in the device's memory. */
    Away away(StageModel model, ModelShape shape) {
        Away away = Away.NOTHING;
        for (int k = 0; k < dense.size(); k++) {
            int i = from + k;
            if (dense.get(k) == Residency.STREAMED) {
                long bytes = model.partBytes(i);
                away = away.stream(streamed(k), bytes, (double) bytes);
                if (halved.contains(i)) {
                    away = away.hostHalf(
                            shape.layers().get(i).feedForwardBytes(), model.halfDelta(i), model.halfOnCpu(i));
                }
            }
            long all = shape.layers().get(i).expertBytes();
            switch (experts.get(k)) {
                case RESIDENT -> {}
                case STREAMED -> away = away.stream(1, all, model.expertRead(i));
                case HOST -> away = away.host(1, all, model.expertRead(i), model.expertDelta(i), model.expertsOnCpu(i));
            }
        }
        return away;
    }

    /** How many parts of a streamed layer are streamed, by its place in the stage. */
    int streamed(int place) {
        return place == dense.size() - 1 ? ofLast : 1;
    }

    /** Indices of the layers that are streamed. */
    List<Integer> streamed() {
        List<Integer> indices = new ArrayList<>();
        for (int k = 0; k < dense.size(); k++) {
            if (dense.get(k) == Residency.STREAMED) {
                indices.add(from + k);
            }
        }
        return indices;
    }
}
