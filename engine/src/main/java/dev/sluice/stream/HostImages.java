package dev.sluice.stream;

import dev.sluice.backend.Device;
import dev.sluice.backend.StreamedLayer;
import dev.sluice.backend.WeightImage;
import dev.sluice.backend.WeightSlot;
import java.util.ArrayList;
import java.util.List;

/** Images that all lie in host memory, packed once. */
final class HostImages implements ImageSource {
    private final List<WeightImage> images = new ArrayList<>();
    private final List<StreamedLayer> layers;
    private final List<WeightSlot> slots;

    /**
     * Packs the layers.
     *
     * @throws dev.sluice.error.SluiceException if there is no memory for them
     */
    HostImages(Device device, List<StreamedLayer> layers, List<WeightSlot> slots, Device.Loading loading) {
        this.layers = layers;
        this.slots = slots;
        try {
            for (StreamedLayer layer : layers) {
                loading.report(images.size(), layers.size());
                WeightImage image = device.newImage(layer.imageBytes());
                images.add(image);
                layer.pack(image.segment());
            }
            loading.report(layers.size(), layers.size());
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    @Override
    public void fill(int slot, int layer) {
        slots.get(slot).fill(images.get(layer), layers.get(layer).imageBytes());
    }

    @Override
    public void awaitBegun(int slot) {}

    @Override
    public String description() {
        return "from host memory";
    }

    @Override
    public void close() {
        images.forEach(WeightImage::close);
    }
}
