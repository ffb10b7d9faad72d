package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {
    @ParameterizedTest
    @CsvSource({"1,1", "512,512", "1k,1024", "512M,536870912", "1.5G,1610612736", "2GiB,2147483648", "1tb,1099511627776"
    })
    void readsAmountsWithUnits(String text, long bytes) {
        assertEquals(bytes, ByteSize.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "G", "1 000", "1X", "99999999999999T", "1e9"})
    void refusesWhatIsNoAmount(String text) {
        assertThrows(UsageException.class, () -> ByteSize.parse(text));
    }

    @Test
    void writesAmountsWithOneDecimal() {
        assertEquals("1023 B", ByteSize.format(1023));
        assertEquals("1.0 KiB", ByteSize.format(1024));
        assertEquals("93.8 MiB", ByteSize.format(98_362_432));
        assertEquals("8.0 EiB", ByteSize.format(Long.MAX_VALUE));
    }
}
