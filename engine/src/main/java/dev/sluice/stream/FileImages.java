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
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Images that are read from files for each use: a thread reads ahead into a ring of pinned images and hands each to the device
 * when it is there. The ring has two images more than there are slots: one is read while another is copied, and an image is
 * free when its slot has been filled anew (see {@link WeightSlot#fill}).
 */
final class FileImages implements ImageSource {
    private static final int MORE_THAN_SLOTS = 2;

    private final List<StreamedLayer> layers;
    private final List<WeightSlot> slots;
    private final List<WeightImage> ring = new ArrayList<>();
    private final PackedFiles files;
    /** The copies that were begun, by slot. */
    private final Fence[] copies;
    /** Which layer each slot is to get. */
    private final int[] wanted;
    /** Number of the fill that each slot waits for. */
    private final long[] numbers;

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
        copies = new Fence[slots.size()];
        wanted = new int[slots.size()];
        numbers = new long[slots.size()];
        long largest =
                layers.stream().mapToLong(StreamedLayer::imageBytes).max().orElseThrow();
        boolean done = false;
        try {
            for (int i = 0; i < slots.size() + MORE_THAN_SLOTS; i++) {
                ring.add(device.newImage(PackedFiles.roomFor(largest)));
            }
            int packed = 0;
            for (StreamedLayer layer : layers) {
                loading.report(packed++, layers.size());
                files.add(layer, ring.getFirst().segment());
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
        if (asked % slots.size() != slot) {
            throw new IllegalArgumentException(
                    "slot " + slot + " for fill " + asked + " of " + slots.size() + " slots");
        }
        wanted[slot] = layer;
        numbers[slot] = asked++;
        notifyAll();
    }

    @Override
    public synchronized void awaitBegun(int slot) {
        awaitThat(() -> begun > numbers[slot] || failure != null);
        if (failure != null) {
            throw failure;
        }
    }

    /** @return the number of the next fill; -1 when there will be none */
    private synchronized long next() {
        awaitThat(() -> begun < asked || closing);
        return closing ? -1 : begun;
    }

    private synchronized void began(int slot, Fence copy) {
        copies[slot] = copy;
        begun++;
        notifyAll();
    }

    private synchronized void failed(SluiceException e) {
        failure = e;
        notifyAll();
    }

    /** The caller holds this. */
    private void awaitThat(BooleanSupplier condition) {
        try {
            while (!condition.getAsBoolean()) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SluiceException("interrupted while waiting for streamed weights", e);
        }
    }

    private void read() {
        try {
            for (long fill = next(); fill >= 0; fill = next()) {
                if (fill >= MORE_THAN_SLOTS) {
                    copies[slot(fill - MORE_THAN_SLOTS)].await();
                }
                int slot = slot(fill);
                int layer = wanted[slot];
                WeightImage image = ring.get((int) (fill % ring.size()));
                long bytes = layers.get(layer).imageBytes();
                files.read(layer, image.segment(), bytes);
                began(slot, slots.get(slot).fill(image, bytes));
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

    private int slot(long fill) {
        return (int) (fill % slots.size());
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
                interrupted = true; // the ring is in use until the thread has ended
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        free();
    }

    private void free() {
        ring.forEach(WeightImage::close);
        files.close();
    }
}
