package dev.sluice.plan;

import java.util.ArrayList;
import java.util.List;

/**
 * Layers shared out among devices in the order in which they are named: each takes consecutive layers, so that the one that
 * takes longest for its share takes as short as can be and none holds more than it has room for.
 *
 * @param counts how many layers each device takes, in order; 0 for a device that would only make it slower
 */
public record LayerSplit(List<Integer> counts) {
    private static final int HALVINGS = 60;

    public LayerSplit {
        counts = List.copyOf(counts);
    }

    /**
     * What the layers are to one device.
     *
     * @param seconds that each layer takes for a token
     * @param bytes that each layer takes of the device's memory
     * @param room bytes that they may take together
     */
    public record Share(List<Double> seconds, List<Long> bytes, long room) {
        public Share {
            seconds = List.copyOf(seconds);
            bytes = List.copyOf(bytes);
        }
    }

    /**
     * Finds the best split.
     *
     * @return one that holds as many layers as fit: fewer than there are if the devices have no room for all, which
     *     {@link #layers} tells
     */
    public static LayerSplit best(List<Share> devices) {
        int layers = devices.getFirst().seconds().size();
        LayerSplit best = within(devices, Double.POSITIVE_INFINITY);
        if (best.layers() < layers) {
            return best;
        }
        double most = 1; // enough for any device to take all, whatever the rounding
        for (LayerSplit.Share device : devices) {
            most += device.seconds().stream().mapToDouble(s -> s).sum();
        }
        double least = 0;
        for (int i = 0; i < HALVINGS; i++) {
            double middle = (least + most) / 2;
            LayerSplit split = within(devices, middle);
            if (split.layers() == layers) {
                most = middle;
                best = split;
            } else {
                least = middle;
            }
        }
        return best;
    }

    /** As many layers for each device in turn as it computes in a time and has room for. */
    private static LayerSplit within(List<Share> devices, double seconds) {
        List<Integer> counts = new ArrayList<>();
        int next = 0;
        for (Share device : devices) {
            int first = next;
            double took = 0;
            long bytes = 0;
            while (next < device.seconds().size()
                    && took + device.seconds().get(next) <= seconds
                    && bytes + device.bytes().get(next) <= device.room()) {
                took += device.seconds().get(next);
                bytes += device.bytes().get(next);
                next++;
            }
            counts.add(next - first);
        }
        return new LayerSplit(counts);
    }

    /** Layers of all devices. */
    public int layers() {
        return counts.stream().mapToInt(i -> i).sum();
    }
}
