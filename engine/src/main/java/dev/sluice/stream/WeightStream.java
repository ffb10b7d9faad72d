package dev.sluice.stream;

import dev.sluice.backend.Device;
import dev.sluice.backend.StreamedLayer;
import dev.sluice.backend.WeightSlot;
import dev.sluice.graph.Layer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Brings the weights of a device's streamed layers to it, in the order in which they run, behind the computation. Slots form
 * a ring. As soon as a layer is submitted its slot is sent the weights of the layer that comes as many places later as there
 * are slots, the first following the last: so copies run on while resident layers compute, from one step into the next, and the
 * link rests only when all slots are full.
 *
 * <p>Some of the layers may be left to another device in some of the steps, and the head computes in some only: where a layer has
 * nothing to do it is not sent. When steps of another kind come the slots get what is first in these at once.
 *
 * <p>A step {@link #lock locks} the stream, and for each streamed layer calls {@link #enter}, submits it and calls {@link
 * #leave}. Nothing waits for the device in these, unless weights come from a file that is slower.
 */
public final class WeightStream implements AutoCloseable {
    private static final double MIB = 1024.0 * 1024.0;

    private final List<StreamedLayer> layers;
    private final List<WeightSlot> slots = new ArrayList<>();
    /** Index of the layer whose weights each slot holds or is being sent. */
    private final int[] contents;

    private final ReentrantLock lock = new ReentrantLock();
    private final long slotBytes;
    private final ImageSource images;
    /** Indices of the layers, in steps of each kind: by {@link #kind}. */
    private final int[][] orders = new int[4][];
    /** One of these: what is sent now. */
    private int[] order;
    /** The slot whose turn it is. */
    private int turn;
    /** The place in the order of the layer that the next slot to be filled gets. */
    private int next;

    private boolean closed;

    /**
     * Packs the layers and begins to send the first of them.
     *
     * @param layers of the device, in the order in which they run; their owner closes them after the stream
     * @param leftOut those of them that are left to another device in some steps, not all
     * @param slots how many layers' weights the device holds at a time; no more are made than there are layers
     * @param folder of the model, where packed weights are kept if host memory is too small for them; null: in host memory
     * @throws dev.sluice.error.SluiceException if device, host or disk have no room
     */
    public WeightStream(
            Device device,
            List<StreamedLayer> layers,
            Set<StreamedLayer> leftOut,
            int slots,
            @Nullable Path folder,
            Device.Loading loading) {
        this.layers = List.copyOf(layers);
        orders[kind(true, true)] = order(leftOut, true, true);
        orders[kind(true, false)] = order(leftOut, true, false);
        orders[kind(false, true)] = order(leftOut, false, true);
        orders[kind(false, false)] = order(leftOut, false, false);
        order = orders[kind(true, true)];
        if (orders[kind(false, true)].length == 0 || slots < 1) {
            throw new IllegalArgumentException(
                    layers.size() + " layers, " + leftOut.size() + " left out, in " + slots + " slots");
        }
        int count = Math.min(slots, layers.size());
        contents = new int[count];
        Arrays.fill(contents, -1);
        slotBytes = layers.stream().mapToLong(StreamedLayer::imageBytes).max().orElseThrow();
        boolean done = false;
        try {
            for (int i = 0; i < count; i++) {
                this.slots.add(device.newSlot(slotBytes));
            }
            images = folder == null
                    ? new HostImages(device, this.layers, this.slots, loading)
                    : new FileImages(device, this.layers, this.slots, folder, loading);
            done = true;
        } finally {
            if (!done) {
                this.slots.forEach(WeightSlot::close);
            }
        }
        for (int i = 0; i < count; i++) {
            send();
        }
    }

    private static int kind(boolean ofAll, boolean head) {
        return (ofAll ? 2 : 0) + (head ? 1 : 0);
    }

    private int[] order(Set<StreamedLayer> leftOut, boolean ofAll, boolean head) {
        return IntStream.range(0, layers.size())
                .filter(i -> ofAll || !leftOut.contains(layers.get(i)))
                .filter(i -> head || layers.get(i).layer().kind() != Layer.Kind.HEAD)
                .toArray();
    }

    /**
     * A step begins; others wait until it has submitted all its layers.
     *
     * @param ofAll whether it takes those that may be left out, too
     * @param head whether it takes the head
     * @throws dev.sluice.error.SluiceException if weights cannot be had; the stream is not locked then
     */
    public void lock(boolean ofAll, boolean head) {
        lock.lock();
        int[] wanted = orders[kind(ofAll, head)];
        if (order != wanted && wanted.length > 0) {
            boolean done = false;
            try {
                begin(wanted);
                done = true;
            } finally {
                if (!done) {
                    lock.unlock();
                }
            }
        }
    }

    /** Fills the slots with what is first in an order, but for those that hold it. */
    private void begin(int[] wanted) {
        order = wanted;
        next = 0;
        turn %= slotsInTurn();
        for (int i = slotsInTurn(); i > 0; i--) {
            if (contents[turn] != order[next]) {
                images.awaitBegun(turn);
            }
            send();
        }
    }

    /** With as many slots as layers each keeps what it has. */
    private int slotsInTurn() {
        return Math.min(contents.length, order.length);
    }

    /** All layers of the step are submitted. */
    public void unlock() {
        lock.unlock();
    }

    /**
     * Has a layer compute with the slot that its weights are sent to.
     *
     * @throws dev.sluice.error.SluiceException if its weights cannot be had
     */
    public void enter(StreamedLayer layer) {
        int index = layers.indexOf(layer);
        if (index < 0) {
            throw new IllegalArgumentException(layer.layer().name() + " is not streamed here");
        }
        // A step that was given up has left the slots where it was.
        for (int skipped = 0; contents[turn] != index; skipped++) {
            if (skipped == order.length) {
                throw new IllegalStateException(layer.layer().name() + " never comes");
            }
            images.awaitBegun(turn);
            send();
        }
        images.awaitBegun(turn);
        layer.use(slots.get(turn));
    }

    /** The layer of the last {@link #enter} is submitted. */
    public void leave() {
        send();
    }

    /** Sends the slot whose turn it is the next weights, and goes on to the slot after it. */
    private void send() {
        if (contents[turn] != order[next]) {
            images.fill(turn, order[next]);
            contents[turn] = order[next];
        }
        next = (next + 1) % order.length;
        turn = (turn + 1) % slotsInTurn();
    }

    /** What is streamed and how, for people. */
    public String description() {
        int[] some = orders[kind(false, true)];
        int slices = some.length - orders[kind(false, false)].length;
        return String.format(
                Locale.ROOT,
                "%d layers%s of %.2f MiB streamed %s through %d slots of %.2f MiB",
                slices > 1 ? some.length - slices + 1 : some.length,
                slices > 1 ? " (the head in " + slices + " slices)" : "",
                layers.stream().mapToLong(StreamedLayer::imageBytes).sum() / MIB,
                images.description(),
                slots.size(),
                slotBytes / MIB);
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                images.close();
                slots.forEach(WeightSlot::close);
            }
        } finally {
            lock.unlock();
        }
    }
}
