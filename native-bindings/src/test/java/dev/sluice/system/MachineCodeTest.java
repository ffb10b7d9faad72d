package dev.sluice.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MachineCodeTest {
    /** mov rax, [rdi]; add rax, 2; mov [rdi], rax; mov eax, [rsi + 4]; mov [rdx], eax; ret. */
    private static final byte[] CODE = HexFormat.of().parseHex("488b074883c0024889078b46048902c3");

    @BeforeEach
    void onlyWhereTheBytesMeanSomething() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        assumeTrue(System.getProperty("os.arch").equals("amd64") && !os.contains("windows"));
    }

    @Test
    void reachesItsArgumentBlockAndHeapArrays() throws MachineCode.Refused {
        try (MachineCode code = MachineCode.load(CODE);
                Arena arena = Arena.ofConfined()) {
            MemorySegment block = arena.allocate(8);
            block.set(ValueLayout.JAVA_LONG, 0, 40);
            float[] from = {1, 2.5f};
            float[] to = new float[1];
            MachineCode.call(
                    code.function(0),
                    block.address(),
                    MemorySegment.ofArray(from),
                    MemorySegment.ofArray(to),
                    MemorySegment.NULL);
            assertEquals(42, block.get(ValueLayout.JAVA_LONG, 0));
            assertEquals(2.5f, to[0]);
        }
    }

    @Test
    void givesNoFunctionOutsideItsCodeOrAfterClosing() throws MachineCode.Refused {
        MachineCode code = MachineCode.load(CODE);
        assertThrows(IndexOutOfBoundsException.class, () -> code.function(CODE.length));
        assertThrows(IndexOutOfBoundsException.class, () -> code.function(-1));
        code.close();
        code.close();
        assertThrows(IllegalStateException.class, () -> code.function(0));
    }

    @Test
    void manyAreLoadedAndClosedWithoutRunningOutOfMemory() throws MachineCode.Refused {
        long before = ResidentMemory.current().orElse(0);
        for (int i = 0; i < 20_000; i++) {
            MachineCode.load(CODE).close();
        }
        long grown = ResidentMemory.current().orElse(0) - before;
        assertEquals(0, Math.max(0, grown >> 26), "resident memory grew by " + grown);
    }
}
