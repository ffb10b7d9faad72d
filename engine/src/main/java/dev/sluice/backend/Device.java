package dev.sluice.backend;

import dev.sluice.graph.Layer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An open device. Work submitted to it runs in the order of submission. Thread-safe: submissions of several threads are
 * serialised, each layer's as a whole. Closing it closes what it still holds.
 */
public interface Device extends AutoCloseable {
    DeviceInfo info();

    /** The path that computation takes, for people: threads, instruction sets, kernel variants, what is missing. */
    String path();

    /** Bytes of device memory that {@link #compile(Layer)} would take for a layer, scratch excluded. */
    long residentBytes(Layer layer);

    /** Bytes of device memory that may still be taken, as far as the device tells. */
    long availableBytes();

    /**
     * Bytes of device memory that it takes to run some layers, beside their weights, KV caches and what the caller {@link
     * #allocate allocates}: no less than what will be taken.
     *
     * @param context the most positions of a sequence
     */
    long workspaceBytes(List<Layer> layers, int context);

    /**
     * Makes a layer ready to run: its weights are brought into the device's own layout and memory. The tensors' source
     * must stay open until the layer is closed: a backend may go on reading from it.
     *
     * @throws dev.sluice.error.SluiceException if the device cannot hold or compute it
     */
    CompiledLayer compile(Layer layer);

    /**
     * Makes several layers ready to run, as {@link #compile(Layer)} does with one; a device may bring their weights in
     * together.
     *
     * @param loading told how far the weights have come
     * @return the layers in the order given
     * @throws dev.sluice.error.SluiceException if the device cannot hold or compute one; nothing stays allocated then
     */
    default List<CompiledLayer> compile(List<Layer> layers, Loading loading) {
        List<CompiledLayer> compiled = new ArrayList<>();
        try {
            for (Layer layer : layers) {
                loading.report(compiled.size(), layers.size());
                compiled.add(compile(layer));
            }
            loading.report(layers.size(), layers.size());
            return compiled;
        } catch (RuntimeException | Error e) {
            compiled.reversed().forEach(CompiledLayer::close);
            throw e;
        }
    }

    /** Is told how far weights have come, by the thread that has them loaded. */
    @FunctionalInterface
    interface Loading {
        /** So much of so much; an exception ends the loading. */
        void report(long done, long total);
    }

    /** Whether the device computes from the host's memory, so that weights there need not be copied. */
    default boolean sharesHostMemory() {
        return false;
    }

    /**
     * Makes a layer ready to run, as {@link #compile(Layer)} does, but for its matrices, which stay in the host's memory and are
     * not counted as the device's: for layers beyond what the device may take.
     *
     * @throws IllegalArgumentException if the device does not {@link #sharesHostMemory share} that memory
     * @throws dev.sluice.error.SluiceException if the device cannot compute the layer, or the host has no room for it
     */
    default CompiledLayer compileShared(Layer layer) {
        throw new IllegalArgumentException(info().id() + " has a memory of its own");
    }

    /**
     * Bytes that the matrices of a layer take in host memory, laid out for this device; the least size of a slot for it. 0 if it
     * has none that could be streamed.
     */
    long imageBytes(Layer layer);

    /**
     * Makes a layer ready to run whose matrices will be brought to it for each step.
     *
     * @param layer a block or a head, with {@link #imageBytes} above 0
     * @throws dev.sluice.error.SluiceException if the device cannot hold or compute it
     */
    StreamedLayer compileStreamed(Layer layer);

    /**
     * Host memory for the weights of a streamed layer.
     *
     * @throws dev.sluice.error.SluiceException if there is none
     */
    WeightImage newImage(long bytes);

    /**
     * Room in the device's memory for the weights of one streamed layer after another.
     *
     * @throws dev.sluice.error.SluiceException with the numbers if there is none
     */
    WeightSlot newSlot(long bytes);

    /**
     * A KV cache for one sequence in one layer.
     *
     * @param capacity the most tokens it will hold
     * @return null if the layer keeps no state
     */
    @Nullable
    LayerState newState(CompiledLayer layer, int capacity, KvType type);

    /**
     * Runs consecutive layers for one step, as if each were submitted in turn: the first reads {@code in}, each hands over
     * to the next in {@code between}, the last writes {@code out}. A device that pays for beginning and ending its work
     * pays once for all of them.
     *
     * @param layers of this device, one at least
     * @param states what the step's sequences keep in each of the layers
     * @return a fence that is done when the last layer has run
     * @throws IllegalArgumentException as {@link CompiledLayer#submit} does
     */
    default Fence submit(
            List<CompiledLayer> layers,
            Step step,
            DeviceMemory in,
            DeviceMemory between,
            DeviceMemory out,
            StateSource states) {
        DeviceMemory from = in;
        int last = layers.size() - 1;
        for (int i = 0; i < last; i++) {
            layers.get(i).submit(step, from, between, states.of(i));
            from = between;
        }
        return layers.get(last).submit(step, from, out, states.of(last));
    }

    /**
     * How many steps may well be submitted before the first of them is waited for: 0 where {@link #submit} returns when its
     * work is done.
     */
    default int stepsAhead() {
        return 0;
    }

    /** Records from now on what is launched, if the device can. It costs time. */
    default void startProfile() {}

    /** What was launched since the record began or was last taken; empty if the device keeps none. */
    default Optional<LaunchProfile> takeProfile() {
        return Optional.empty();
    }

    /**
     * Measures what the device reaches at best, if it has kernels for that.
     *
     * @throws dev.sluice.error.SluiceException if the device has no room for what they move
     */
    default Optional<PeakMeter> newPeakMeter() {
        return Optional.empty();
    }

    /**
     * Measures which of its variants compute layers of these shapes fastest, and keeps that for devices that are opened
     * later; layers of this one stay as they are. It takes from seconds to minutes and needs a quiet machine.
     *
     * @param anew whether to measure also what has been measured before
     * @param progress told how far it has come
     * @return what was found; nothing, with the reason, for a device that has nothing to choose
     * @throws dev.sluice.error.SluiceException if the device fails, or has no room for a layer
     */
    default TuneReport tune(List<Layer> layers, boolean anew, TuneProgress progress) {
        return new TuneReport(
                List.of(),
                info().id() + " (" + info().name() + ") has nothing to calibrate: its kernels"
                        + " are chosen by what the processor can do");
    }

    /** Memory for activations, ids or logits; its content is undefined until written. */
    DeviceMemory allocate(long bytes);

    @Override
    void close();
}
