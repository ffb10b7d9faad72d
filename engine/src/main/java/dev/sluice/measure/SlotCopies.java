package dev.sluice.measure;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.WeightImage;
import dev.sluice.backend.WeightSlot;
import dev.sluice.plan.LinkProfile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The link of a device that has no meter of its own for it: by the copies that streamed weights and activations take. */
final class SlotCopies {
    private static final long BYTES = 16L << 20;

    private SlotCopies() {}

    static LinkProfile measure(Device device, Stopwatch watch) {
        long bytes = Math.min(BYTES, device.availableBytes() / 4);
        try (WeightImage image = device.newImage(bytes);
                WeightSlot slot = device.newSlot(bytes);
                DeviceMemory memory = device.allocate(bytes);
                Arena arena = Arena.ofShared()) {
            MemorySegment host = arena.allocate(bytes);
            // First and alone: on a link that all copies share, one would pay for those queued before it.
            double pinned = bytes
                    / watch.seconds(() -> seconds(() -> slot.fill(image, bytes).await()));
            double[] seconds = watch.seconds(List.of(
                    () -> seconds(() -> {
                        memory.write(0, host);
                        memory.read(0, host.asSlice(0, 4)); // a write may return before it has arrived
                    }),
                    () -> seconds(() -> memory.read(0, host))));
            double pageable = bytes / seconds[0];
            return new LinkProfile(pinned, pinned, pageable, pageable, bytes / seconds[1]);
        }
    }

    private static double seconds(Runnable run) {
        long begun = System.nanoTime();
        run.run();
        return 1e-9 * Math.max(1, System.nanoTime() - begun);
    }
}
