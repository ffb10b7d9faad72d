package dev.sluice.backend.tiles;

import dev.sluice.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;

/** How the matrices of a streamed layer lie one after another in its image: packed, each at an aligned offset. */
public final class ImageLayout {
    /**
     * A matrix of the image.
     *
     * @param offset where its first tile begins
     * @param bytes of all its tiles
     */
    public record Place(Tensor tensor, long offset, long bytes) {}

    /** Bytes that one thread packs at a time. */
    private static final long PIECE = 1L << 20;

    private record Piece(Place place, long first, long last) {}

    private final WeightLayout layout;
    private final long alignment;
    private final List<Place> places = new ArrayList<>();
    private final long bytes;

    /**
     * Lays matrices out.
     *
     * @param alignment what each offset is a multiple of
     */
    public ImageLayout(Collection<Tensor> matrices, WeightLayout layout, long alignment) {
        this.layout = layout;
        this.alignment = alignment;
        long at = 0;
        for (Tensor tensor : new LinkedHashSet<>(matrices)) {
            long size = layout.bytes(
                    tensor.type(), tensor.shape().cols(), tensor.shape().rows());
            places.add(new Place(tensor, at, size));
            at = Math.ceilDiv(at + size, alignment) * alignment;
        }
        bytes = at;
    }

    public List<Place> places() {
        return List.copyOf(places);
    }

    /** Where a matrix of the image lies. */
    public Place of(Tensor tensor) {
        return places.stream()
                .filter(place -> place.tensor().equals(tensor))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(tensor.name() + " is not in the image"));
    }

    /** Names the layout, in letters and digits: images of the same matrices in layouts of one name are the same. */
    public String name() {
        return layout.name().toLowerCase(Locale.ROOT) + alignment;
    }

    /** Bytes of the whole image. */
    public long bytes() {
        return bytes;
    }

    /**
     * Packs the matrices, several threads at once.
     *
     * @param target {@link #bytes} at least
     * @throws IndexOutOfBoundsException if the target is too small
     */
    public void pack(MemorySegment target) {
        Objects.checkFromIndexSize(0, bytes, target.byteSize());
        List<Piece> pieces = new ArrayList<>();
        for (Place place : places) {
            long tiles = RowTiles.tiles(place.tensor().shape().rows());
            long step = Math.clamp(PIECE / tileBytes(place.tensor()), 1, tiles);
            for (long first = 0; first < tiles; first += step) {
                pieces.add(new Piece(place, first, Math.min(tiles, first + step)));
            }
        }
        IntStream.range(0, pieces.size()).parallel().forEach(i -> {
            Piece piece = pieces.get(i);
            long tileBytes = tileBytes(piece.place().tensor());
            long from = piece.place().offset() + piece.first() * tileBytes;
            layout.pack(
                    piece.place().tensor(),
                    target.asSlice(from, (piece.last() - piece.first()) * tileBytes),
                    piece.first(),
                    piece.last());
        });
    }

    private long tileBytes(Tensor tensor) {
        return layout.tileBytes(tensor.type(), tensor.shape().cols());
    }
}
