package dev.sluice.backend.opencl;

import dev.sluice.backend.tiles.ImageLayout;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Queue;
import dev.sluice.tensor.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The matrices of a streamed layer, which lie in one slot or another. Its device is held by whoever calls. */
final class StreamedMatrices {
    private final ImageLayout image;
    /** In the order of the image's places. */
    private final List<Matrix> matrices = new ArrayList<>();
    /** Where the matrices lie in each slot that was used, so that using it again makes nothing new. */
    private final IdentityHashMap<OpenClSlot, List<Buffer>> parts = new IdentityHashMap<>();

    private @Nullable OpenClSlot slot;

    StreamedMatrices(ImageLayout image) {
        this.image = image;
        for (ImageLayout.Place place : image.places()) {
            Tensor tensor = place.tensor();
            matrices.add(new Matrix(
                    null,
                    tensor.type(),
                    Math.toIntExact(tensor.shape().rows()),
                    Math.toIntExact(tensor.shape().cols())));
        }
    }

    ImageLayout image() {
        return image;
    }

    Matrix of(Tensor tensor) {
        return matrices.get(image.places().indexOf(image.of(tensor)));
    }

    void use(OpenClSlot other) {
        slot = other;
        List<Buffer> places = parts.get(other);
        if (places == null) {
            places = image.places().stream()
                    .map(place -> other.part(place.offset(), place.bytes()))
                    .toList();
            parts.put(other, places);
        }
        for (int i = 0; i < places.size(); i++) {
            matrices.get(i).moveTo(places.get(i));
        }
    }

    /** Has the queue wait until the weights are there. */
    void arrive(Queue queue) {
        if (slot == null) {
            throw new IllegalStateException("a streamed layer that was given no slot");
        }
        slot.arrive(queue);
    }
}
