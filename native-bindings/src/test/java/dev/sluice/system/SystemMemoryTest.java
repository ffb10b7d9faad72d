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
    void readsTheKernelsUnits() {
        List<String> status = List.of("Name:\tjava", "VmHWM:\t  20 kB", "VmRSS:\t     12 kB");
        assertEquals(OptionalLong.of(12 * 1024), ResidentMemory.parse(status, "VmRSS:"));
        assertEquals(OptionalLong.empty(), ResidentMemory.parse(status, "VmSwap:"));
    }
}
