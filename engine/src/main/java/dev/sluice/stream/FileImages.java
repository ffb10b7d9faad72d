package dev.sluice.stream;

import dev.sluice.backend.Device;
import dev.sluice.backend.Fence;
import dev.sluice.backend.StreamedLayer;
import dev.sluice.backend.WeightImage;
import dev.sluice.backend.WeightSlot;
import dev.sluice.error.SluiceException;
import dev.sluice.system.PhysicalMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Images that are read from files for each use: a thread reads ahead into a ring of pinned images and hands each to the device
 * when it is there. There are two images more than slots: one is read while another is copied, and an image is spare when its
 * slot has been filled anew (see {@link WeightSlot#fill}). The one that is spare for longest is used next.
 */
final class FileImages implements ImageSource {
    private static final int MORE_THAN_SLOTS = 2;
    private static final int NONE = -1;

    private final List<StreamedLayer> layers;
    private final List<WeightSlot> slots;
    private final List<WeightImage> images = new ArrayList<>();
    /** The memory of each. */
    private final List<ReadRoom> rooms = new ArrayList<>();

    private final PackedFiles files;
    /** Slot and layer of each fill that is not begun, at its number modulo the slots: of each slot there is one at most. */
    private final int[] targets;

    private final int[] wanted;
    /** Number of the fill that each slot waits for. */
    private final long[] numbers;

    /** Images that slots have let go of, in a circle in that order, and what to wait for before they are written. */
    private final int[] spare;

    private final Fence[] copies;
    private long spared;
    /** The image that each slot was filled with. */
    private final int[] held;

    private final Thread reader;
    /** Fills asked for and begun since the beginning; guarded by this. */
    private long asked;

    private long begun;
    private boolean closing;
    private @Nullable SluiceException failure;

    /**
     * Opens the files, and makes those that are missing.
     *
     * @throws SluiceException if host memory or disk have no room
     */
    FileImages(Device device, List<StreamedLayer> layers, List<WeightSlot> slots, Path folder, Device.Loading loading) {
        this.layers = layers;
        this.slots = slots;
        long all = layers.stream().mapToLong(StreamedLayer::imageBytes).sum();
        // What does not fit into the page cache is gone from it whenever its turn comes.
        files = new PackedFiles(folder, all > PhysicalMemory.available());
        int count = slots.size() + MORE_THAN_SLOTS;
        targets = new int[slots.size()];
        wanted = new int[slots.size()];
        numbers = new long[slots.size()];
        held = new int[slots.size()];
        Arrays.fill(held, NONE);
        spare = IntStream.range(0, count).toArray();
        copies = new Fence[count];
        Arrays.fill(copies, Fence.DONE);
        spared = count;
        long largest =
                layers.stream().mapToLong(StreamedLayer::imageBytes).max().orElseThrow();
        boolean done = false;
        try {
            for (int i = 0; i < count; i++) {
                images.add(device.newImage(PackedFiles.roomFor(largest)));
                rooms.add(new ReadRoom(images.getLast().segment()));
            }
            int packed = 0;
            for (StreamedLayer layer : layers) {
                loading.report(packed++, layers.size());
                files.add(layer, rooms.getFirst());
            }
            loading.report(layers.size(), layers.size());
            done = true;
        } finally {
            if (!done) {
                free();
            }
        }
        reader = Thread.ofPlatform().name("sluice-weights").daemon().start(this::read);
    }

    @Override
    public synchronized void fill(int slot, int layer) {
        int at = (int) (asked % slots.size());
        targets[at] = slot;
        wanted[at] = layer;
        numbers[slot] = asked++;
        notifyAll();
    }

    @Override
    public synchronized void awaitBegun(int slot) {
        try {
            while (begun <= numbers[slot] && failure == null) {
                wait();
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** @return the number of the next fill; -1 when there will be none */
    private synchronized long next() {
        try {
            while (begun >= asked && !closing) {
                wait();
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        return closing ? -1 : begun;
    }

    private synchronized void began() {
        begun++;
        notifyAll();
    }

    private synchronized void failed(SluiceException e) {
        failure = e;
        notifyAll();
    }

    private static SluiceException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new SluiceException("interrupted while waiting for streamed weights", e);
    }

    private void read() {
        try {
            for (long fill = next(); fill >= 0; fill = next()) {
                int slot = targets[(int) (fill % slots.size())];
                int layer = wanted[(int) (fill % slots.size())];
                int place = (int) (fill % spare.length);
                copies[place].await();
                int index = spare[place];
                long bytes = layers.get(layer).imageBytes();
                files.read(layer, rooms.get(index), bytes);
                letGo(slot, slots.get(slot).fill(images.get(index), bytes));
                held[slot] = index;
                began();
            }
        } catch (IOException e) {
            failed(new SluiceException(
                    "Packed weights in " + files.folder() + " cannot be read: " + e.getMessage(), e));
        } catch (SluiceException e) {
            failed(e);
        } catch (RuntimeException | Error e) {
            failed(new SluiceException("Packed weights could not be brought to the device: " + e, e));
            throw e;
        }
    }

    /** A slot gets something else: what it was filled with is spare when that is there. */
    private void letGo(int slot, Fence copy) {
        if (held[slot] != NONE) {
            int place = (int) (spared++ % spare.length);
            spare[place] = held[slot];
            copies[place] = copy;
        }
    }

    @Override
    public String description() {
        return "from " + files.folder() + (files.direct() ? ", past the page cache," : "");
    }

    @Override
    public void close() {
        synchronized (this) {
            closing = true;
            notifyAll();
        }
        boolean interrupted = false;
        while (reader.isAlive()) {
            try {
                reader.join();
            } catch (InterruptedException e) {
                interrupted = true; // the images are in use until the thread has ended
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        free();
    }

    private void free() {
        images.forEach(WeightImage::close);
        files.close();
    }
}
