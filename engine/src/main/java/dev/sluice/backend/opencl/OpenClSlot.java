package dev.sluice.backend.opencl;

import dev.sluice.backend.Fence;
import dev.sluice.backend.WeightImage;
import dev.sluice.backend.WeightSlot;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Event;
import dev.sluice.opencl.Queue;
import dev.sluice.trace.Timeline;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A buffer that one streamed layer's weights are copied to after another's, by a queue beside that of the computation. The two
 * wait for each other by events, never the host for either.
 */
final class OpenClSlot implements WeightSlot, Streaming.Part {
    /** A range of the buffer. */
    private record Part(long offset, long bytes) {}

    private final OpenClDevice device;
    private final Queues queues;
    private final Queue copies;
    private final Buffer buffer;
    private final Map<Part, Buffer> parts = new HashMap<>();
    private final Fence there = this::awaitArrival;
    private @Nullable Event arrived;
    private long arrivedBytes;
    /** Whether the queue of the computation waits for the arrival already. */
    private boolean awaited;

    private boolean closed;

    OpenClSlot(OpenClDevice device, Queues queues, long bytes) {
        this.device = device;
        this.queues = queues;
        copies = queues.copying();
        buffer = device.newBuffer(bytes, "a slot that streamed weights come to");
    }

    boolean belongsTo(OpenClDevice other) {
        return device == other;
    }

    @Override
    public long bytes() {
        return buffer.byteSize();
    }

    /** A view of a range. */
    Buffer part(long offset, long bytes) {
        return parts.computeIfAbsent(new Part(offset, bytes), part -> buffer.slice(part.offset(), part.bytes()));
    }

    /** Has the queue of the computation wait for what was sent here last. */
    void arrive(Queue queue) {
        Event copy = arrived;
        if (copy == null) {
            throw new IllegalStateException("the slot was not filled, or is closed");
        }
        if (!awaited) {
            queue.waitFor(copy);
            awaited = true;
        }
    }

    @Override
    public Fence fill(WeightImage image, long count) {
        if (!(image instanceof OpenClImage own) || !own.belongsTo(device)) {
            throw new IllegalArgumentException("an image of another device");
        }
        if (count > bytes() || count > own.memory().byteSize()) {
            throw new IllegalArgumentException(
                    count + " bytes of an image of " + own.memory().byteSize() + " for a slot of " + bytes());
        }
        device.exclusively(queue -> {
            Event before = arrived;
            if (before != null) {
                // In-order queue: all that computes with what is here now was queued before this.
                try (Event used = queue.marker()) {
                    copies.waitFor(used);
                }
                if (Timeline.on() && copies.profiling()) {
                    device.spans().copying("weights", arrivedBytes, before);
                } else {
                    before.close();
                }
            }
            arrived = copies.writeAsync(buffer, 0, own.memory(), 0, count);
            arrivedBytes = count;
            awaited = false;
        });
        return there;
    }

    private void awaitArrival() {
        Event copy = arrived;
        if (copy != null) {
            device.commands().await(copy);
        }
    }

    @Override
    public void close() {
        device.exclusivelyIfOpen(() -> {
            if (!closed) {
                closed = true;
                queues.finish();
                if (arrived != null) {
                    arrived.close();
                    arrived = null;
                }
                parts.values().forEach(Buffer::close);
                parts.clear();
                device.free(buffer);
                device.streaming().forget(this);
            }
        });
    }
}
