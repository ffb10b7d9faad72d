package dev.sluice.backend.opencl;

import dev.sluice.backend.Fence;
import dev.sluice.backend.WeightImage;
import dev.sluice.backend.WeightSlot;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Queue;
import dev.sluice.opencl.RepeatedWrite;
import dev.sluice.trace.Timeline;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
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
    private final RepeatedWrite copy;
    private final Fence there = this::awaitArrival;
    // Made once, for slots are filled for each token.
    private final Consumer<Queue> filling = this::send;
    /** What is to be sent, while that is being done. */
    private @Nullable OpenClImage image;

    private long sentBytes;
    /** Whether the queue of the computation waits for the arrival already. */
    private boolean awaited;

    private boolean closed;

    OpenClSlot(OpenClDevice device, Queues queues, long bytes) {
        this.device = device;
        this.queues = queues;
        copies = queues.copying();
        buffer = device.newBuffer(bytes, "a slot that streamed weights come to");
        copy = new RepeatedWrite(copies);
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
        if (!copy.begun()) {
            throw new IllegalStateException("the slot was not filled, or is closed");
        }
        if (!awaited) {
            copy.holdUp(queue);
            awaited = true;
        }
    }

    @Override
    public Fence fill(WeightImage from, long count) {
        if (!(from instanceof OpenClImage own) || !own.belongsTo(device)) {
            throw new IllegalArgumentException("an image of another device");
        }
        if (count > bytes() || count > own.memory().byteSize()) {
            throw new IllegalArgumentException(
                    count + " bytes of an image of " + own.memory().byteSize() + " for a slot of " + bytes());
        }
        synchronized (device) {
            image = own;
            if (copy.begun() && Timeline.on() && copies.profiling()) {
                device.spans().copying("weights", sentBytes, copy.event());
            }
            sentBytes = count;
            device.exclusively(filling);
        }
        return there;
    }

    private void send(Queue computing) {
        OpenClImage from = image;
        if (from == null) {
            throw new IllegalStateException("nothing is to be sent");
        }
        if (copy.begun()) {
            // In-order queue: all that computes with what is here now was queued before this.
            copy.waitFor(computing);
        }
        copy.start(buffer, from.memory(), sentBytes);
        awaited = false;
    }

    private void awaitArrival() {
        if (copy.begun()) {
            device.commands().await(copy);
        }
    }

    @Override
    public void close() {
        device.exclusivelyIfOpen(() -> {
            if (!closed) {
                closed = true;
                queues.finish();
                copy.close();
                parts.values().forEach(Buffer::close);
                parts.clear();
                device.free(buffer);
                device.streaming().forget(this);
            }
        });
    }
}
