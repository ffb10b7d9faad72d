package dev.sluice.backend.opencl;

import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.backend.tiles.WeightLayout;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Event;
import dev.sluice.opencl.HostMemory;
import dev.sluice.opencl.MapMode;
import dev.sluice.opencl.Mapping;
import dev.sluice.opencl.Queue;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;

/**
 * Packs matrices into their layout on their way to the device, piece by piece, several threads at a piece. Where device and
 * host share their memory the tiles are written where they will stay; elsewhere through two buffers in turn, one being
 * packed while the other is copied.
 */
final class Upload {
    /** Bytes of a piece: large enough to copy at full speed, small beside any model. */
    private static final long PIECE = 16L << 20;

    private final OpenClDevice device;
    private final boolean shared;
    private final WeightLayout layout;

    Upload(OpenClDevice device, boolean shared, WeightLayout layout) {
        this.device = device;
        this.shared = shared;
        this.layout = layout;
    }

    void tiles(Tensor tensor, Buffer buffer) {
        long tileBytes = layout.tileBytes(tensor.type(), tensor.shape().cols());
        long tiles = RowTiles.tiles(tensor.shape().rows());
        long step = Math.clamp(PIECE / tileBytes, 1, tiles);
        device.exclusively(queue -> {
            if (shared) {
                inPlace(queue, tensor, buffer, tiles, tileBytes, step);
            } else {
                copied(queue, tensor, buffer, tiles, tileBytes, step);
            }
        });
    }

    private void inPlace(Queue queue, Tensor tensor, Buffer buffer, long tiles, long tileBytes, long step) {
        for (long first = 0; first < tiles; first += step) {
            long last = Math.min(tiles, first + step);
            try (Mapping mapping =
                    queue.map(buffer, MapMode.OVERWRITE, first * tileBytes, (last - first) * tileBytes)) {
                pack(tensor, mapping.segment(), first, last, tileBytes);
            }
        }
    }

    private void copied(Queue queue, Tensor tensor, Buffer buffer, long tiles, long tileBytes, long step) {
        try (HostMemory one = HostMemory.allocate(step * tileBytes);
                HostMemory other = HostMemory.allocate(step * tileBytes)) {
            HostMemory[] staging = {one, other};
            Event[] copies = new Event[2];
            try {
                int turn = 0;
                for (long first = 0; first < tiles; first += step) {
                    long last = Math.min(tiles, first + step);
                    await(copies[turn]);
                    pack(tensor, staging[turn].segment(), first, last, tileBytes);
                    copies[turn] =
                            queue.writeAsync(buffer, first * tileBytes, staging[turn], 0, (last - first) * tileBytes);
                    turn ^= 1;
                }
            } finally {
                await(copies[0]);
                await(copies[1]);
            }
        }
    }

    private static void await(@org.jspecify.annotations.Nullable Event copy) {
        if (copy != null) {
            try (copy) {
                copy.await();
            }
        }
    }

    private void pack(Tensor tensor, MemorySegment target, long first, long last, long tileBytes) {
        int shares = (int) Math.min(last - first, Runtime.getRuntime().availableProcessors());
        IntStream.range(0, shares).parallel().forEach(share -> {
            long from = first + (last - first) * share / shares;
            long to = first + (last - first) * (share + 1) / shares;
            MemorySegment part = target.asSlice((from - first) * tileBytes, (to - from) * tileBytes);
            layout.pack(tensor, part, from, to);
        });
    }
}
