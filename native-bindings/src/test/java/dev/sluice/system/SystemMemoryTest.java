package dev.sluice.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class SystemMemoryTest {
    @Test
    void adviceLeavesTheContentsOfAMappedFileAlone(@TempDir Path folder) throws IOException {
        byte[] content = new byte[200_003];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i * 13);
        }
        Path path = Files.write(folder.resolve("data"), content);
        try (FileChannel file = FileChannel.open(path);
                Arena arena = Arena.ofConfined()) {
            MemorySegment all = file.map(FileChannel.MapMode.READ_ONLY, 0, content.length, arena);
            MemorySegment part = all.asSlice(1001, 180_001);
            for (PageAdvice advice : PageAdvice.values()) {
                assertEquals(PageAdvice.supported(), advice.give(part));
                assertFalse(advice.give(all.asSlice(10, 100)), "no whole page");
                assertEquals(-1, MemorySegment.ofArray(content).mismatch(all));
            }
        }
    }

    @Test
    void adviceIsForReadOnlyMappingsOnly() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(1 << 16);
            assertThrows(IllegalArgumentException.class, () -> PageAdvice.DONT_NEED.give(memory));
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void residentMemoryGrowsWithWhatIsTouched() {
        long before = ResidentMemory.current().orElseThrow();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(64L << 20);
            memory.fill((byte) 1);
            assertEquals(1, memory.get(ValueLayout.JAVA_BYTE, memory.byteSize() - 1));
            long after = ResidentMemory.current().orElseThrow();
            assertTrue(after - before > 32L << 20, before + " to " + after);
            assertTrue(ResidentMemory.peak().orElseThrow() >= after - (1 << 20));
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void pageMemoryTakesNoRoomUntilItIsWritten() {
        long before = ResidentMemory.current().orElseThrow();
        try (Arena arena = Arena.ofShared()) {
            MemorySegment plain = PageMemory.allocate(arena, 256L << 20);
            MemorySegment huge = PageMemory.allocateHuge(arena, 256L << 20);
            assertEquals(0, plain.get(ValueLayout.JAVA_BYTE, plain.byteSize() - 1));
            assertEquals(0, huge.get(ValueLayout.JAVA_BYTE, huge.byteSize() - 1));
            long after = ResidentMemory.current().orElseThrow();
            assertTrue(after - before < 64L << 20, before + " to " + after);
        }
    }

    @Test
    void pageMemoryIsZeroAlignedAndEndsWithItsArena() {
        for (long bytes : new long[] {0, 1, 4095, 100_001, (2L << 20) - 1, (4L << 20) + 13}) {
            MemorySegment memory;
            try (Arena arena = Arena.ofConfined()) {
                for (boolean huge : new boolean[] {false, true}) {
                    memory = huge ? PageMemory.allocateHuge(arena, bytes) : PageMemory.allocate(arena, bytes);
                    assertEquals(bytes, memory.byteSize());
                    assertEquals(0, memory.address() % 64);
                    if (bytes > 0) {
                        assertEquals(0, memory.get(ValueLayout.JAVA_BYTE, bytes - 1));
                        memory.fill((byte) 7);
                        assertEquals(7, memory.get(ValueLayout.JAVA_BYTE, bytes - 1));
                    }
                }
                memory = PageMemory.allocate(arena, bytes);
            }
            assertFalse(memory.scope().isAlive());
        }
    }

    @Test
    void pageMemoryThatCannotBeHadIsAnOutOfMemoryError() {
        try (Arena arena = Arena.ofConfined()) {
            assertThrows(OutOfMemoryError.class, () -> PageMemory.allocate(arena, 1L << 60));
        }
    }

    @Test
    void readsTheKernelsUnits() {
        List<String> status = List.of("Name:\tjava", "VmHWM:\t  20 kB", "VmRSS:\t     12 kB");
        assertEquals(OptionalLong.of(12 * 1024), ResidentMemory.parse(status, "VmRSS:"));
        assertEquals(OptionalLong.empty(), ResidentMemory.parse(status, "VmSwap:"));
    }
}
