package dev.sluice.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LayerSplitTest {
    private static LayerSplit.Share share(double seconds, long room, int layers) {
        List<Double> times = new ArrayList<>();
        List<Long> bytes = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            times.add(seconds);
            bytes.add(1L);
        }
        return new LayerSplit.Share(times, bytes, room);
    }

    /** The least time of the slowest device over all splits that fit; infinite if none does. */
    private static double exhaustive(List<LayerSplit.Share> devices, int device, int from, int layers) {
        if (device == devices.size()) {
            return from == layers ? 0 : Double.POSITIVE_INFINITY;
        }
        double best = Double.POSITIVE_INFINITY;
        for (int to = from; to <= layers; to++) {
            double own = time(devices.get(device), from, to);
            best = Math.min(best, Math.max(own, exhaustive(devices, device + 1, to, layers)));
        }
        return best;
    }

    private static double time(LayerSplit.Share device, int from, int to) {
        double seconds = 0;
        long bytes = 0;
        for (int i = from; i < to; i++) {
            seconds += device.seconds().get(i);
            bytes += device.bytes().get(i);
        }
        return bytes <= device.room() ? seconds : Double.POSITIVE_INFINITY;
    }

    private static double slowest(List<LayerSplit.Share> devices, LayerSplit split) {
        double slowest = 0;
        int from = 0;
        for (int i = 0; i < devices.size(); i++) {
            int to = from + split.counts().get(i);
            slowest = Math.max(slowest, time(devices.get(i), from, to));
            from = to;
        }
        return slowest;
    }

    @Test
    void noSplitIsFaster() {
        Random random = new Random(1);
        int fitting = 0;
        for (int round = 0; round < 2000; round++) {
            int layers = 1 + random.nextInt(7);
            List<LayerSplit.Share> devices = new ArrayList<>();
            for (int d = 0; d < 1 + random.nextInt(3); d++) {
                List<Double> seconds = new ArrayList<>();
                List<Long> bytes = new ArrayList<>();
                double speed = random.nextDouble(0.1, 3);
                for (int i = 0; i < layers; i++) {
                    seconds.add(i == 0 ? 0 : speed * random.nextDouble(0.5, 1.5));
                    bytes.add((long) random.nextInt(1, 10));
                }
                devices.add(new LayerSplit.Share(seconds, bytes, random.nextInt(60)));
            }
            double best = exhaustive(devices, 0, 0, layers);
            LayerSplit split = LayerSplit.best(devices);
            assertEquals(best < Double.POSITIVE_INFINITY, split.layers() == layers, devices::toString);
            if (split.layers() == layers) {
                fitting++;
                assertEquals(best, slowest(devices, split), 1e-9 * (1 + best), devices::toString);
            }
        }
        assertTrue(fitting > 500 && fitting < 2000, "of all cases " + fitting + " fit");
    }

    @Test
    void aDeviceThatIsThreeTimesAsFastTakesThreeTimesAsMuch() {
        assertEquals(
                List.of(9, 3),
                LayerSplit.best(List.of(share(1, 100, 12), share(3, 100, 12))).counts());
    }

    @Test
    void whatHasNoRoomOnTheFastDeviceGoesToTheSlowOne() {
        assertEquals(
                List.of(2, 10),
                LayerSplit.best(List.of(share(1, 2, 12), share(9, 100, 12))).counts());
        assertEquals(
                5, LayerSplit.best(List.of(share(1, 2, 12), share(9, 3, 12))).layers());
    }
}
