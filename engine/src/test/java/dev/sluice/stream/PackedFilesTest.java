package dev.sluice.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.Fence;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Step;
import dev.sluice.backend.StreamedLayer;
import dev.sluice.backend.WeightSlot;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.system.PageMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackedFilesTest {
    /** More than one call reads. */
    private static final int LARGEST = (16 << 20) + 4097;

    @TempDir
    Path folder;

    /** A layer whose image is random bytes. */
    private static final class Image implements StreamedLayer {
        private final Layer layer;
        private final byte[] bytes;

        Image(Layer layer, byte[] bytes) {
            this.layer = layer;
            this.bytes = bytes;
        }

        static Image of(int number, int bytes) {
            LayerBuilder b = new LayerBuilder("block " + number, Layer.Kind.BLOCK, 4);
            b.add(new Op.Add(4), b.input(), b.input());
            byte[] content = new byte[bytes];
            new Random(number).nextBytes(content);
            return new Image(b.build(), content);
        }

        @Override
        public Layer layer() {
            return layer;
        }

        @Override
        public long imageBytes() {
            return bytes.length;
        }

        @Override
        public String imageLayout() {
            return "as-it-is";
        }

        @Override
        public void pack(MemorySegment target) {
            MemorySegment.copy(bytes, 0, target, ValueLayout.JAVA_BYTE, 0, bytes.length);
        }

        @Override
        public void use(WeightSlot slot) {
            throw new AssertionError("nothing is computed");
        }

        @Override
        public long residentBytes() {
            return 0;
        }

        @Override
        public Fence submit(Step step, DeviceMemory in, DeviceMemory out, @Nullable LayerState... states) {
            throw new AssertionError("nothing is computed");
        }

        @Override
        public void close() {}
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void imagesOfAnyLengthAreReadAsTheyWerePacked(boolean direct) throws IOException {
        List<Image> images =
                List.of(Image.of(0, 3), Image.of(1, 4096), Image.of(2, 3 * 4096 + 17), Image.of(3, LARGEST));
        try (Arena arena = Arena.ofConfined();
                PackedFiles files = new PackedFiles(folder.resolve("packed"), direct)) {
            ReadRoom room = new ReadRoom(PageMemory.allocate(arena, PackedFiles.roomFor(LARGEST)));
            for (Image image : images) {
                files.add(image, room);
            }
            // Files that are here may be on a file system without direct reads, but none is read so that was not to be.
            assertTrue(direct || !files.direct());
            for (int i : new int[] {2, 0, 3, 1, 2}) {
                byte[] expected = images.get(i).bytes;
                room.memory().fill((byte) 1);
                files.read(i, room, expected.length);
                assertArrayEquals(
                        expected, room.memory().asSlice(0, expected.length).toArray(ValueLayout.JAVA_BYTE));
            }
        }
        assertEquals(4 * 4096, PackedFiles.roomFor(3 * 4096 + 17));
    }
}
