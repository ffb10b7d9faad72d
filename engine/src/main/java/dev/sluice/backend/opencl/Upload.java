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
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Brings weights to a device: matrices packed into their layout, several threads at a piece, vectors as f32. On a device that
 * computes in the host's memory they are written where they will stay before the driver hears of them; where device and host
 * share their memory, through mappings; elsewhere through two buffers in turn, one being packed while the other is copied.
 */
final class Upload {
    /** Bytes of a piece: large enough to copy at full speed, small beside any model. */
    private static final long PIECE = 16L << 20;

    private final OpenClDevice device;
    private final Memories memories;
    private final WeightLayout layout;

    Upload(OpenClDevice device, Memories memories, WeightLayout layout) {
        this.device = device;
        this.memories = memories;
        this.layout = layout;
    }

    /**
     * A matrix.
     *
     * @param bytes that it takes in the device's layout
     * @param hosted whether it is to lie in the host's memory without counting as the device's own
     */
    Buffer matrix(Tensor tensor, long bytes, boolean hosted) {
        String what = "the tensor " + tensor.name();
        long tileBytes = layout.tileBytes(tensor.type(), tensor.shape().cols());
        long tiles = RowTiles.tiles(tensor.shape().rows());
        if (memories.onHost()) {
            return device.newBuffer(bytes, what, !hosted, memory -> pack(tensor, memory, 0, tiles, tileBytes));
        }
        Buffer buffer = hosted ? device.newSharedBuffer(bytes, what) : device.newBuffer(bytes, what);
        long step = Math.clamp(PIECE / tileBytes, 1, tiles);
        return filled(buffer, queue -> {
            if (memories.sharedWithHost()) {
                inPlace(queue, tensor, buffer, tiles, tileBytes, step);
            } else {
                copied(queue, tensor, buffer, tiles, tileBytes, step);
            }
        });
    }

    /** Numbers as they are. */
    Buffer vector(float[] numbers, String what) {
        MemorySegment from = MemorySegment.ofArray(numbers);
        if (memories.onHost()) {
            return device.newBuffer(from.byteSize(), what, true, memory -> memory.copyFrom(from));
        }
        Buffer buffer = device.newBuffer(from.byteSize(), what);
        return filled(buffer, queue -> queue.write(buffer, 0, from));
    }

    private Buffer filled(Buffer buffer, Consumer<Queue> fill) {
        try {
            device.exclusively(fill);
            return buffer;
        } catch (RuntimeException e) {
            device.free(buffer);
            throw e;
        }
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
