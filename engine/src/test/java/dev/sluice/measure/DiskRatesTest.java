package dev.sluice.measure;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskRatesTest {
    @TempDir
    Path folder;

    @Test
    void aFileIsReadOutOfTheCacheAndPastItWhereThatGoes() throws IOException {
        Path file = folder.resolve("weights");
        Files.write(file, new byte[17 << 20]);
        DiskRates rates = DiskRates.of(file).orElseThrow();
        assertTrue(rates.cached() > 1e6 && rates.cached() < 1e13, rates.toString());
        rates.direct().ifPresent(rate -> assertTrue(rate > 1e5 && rate < 1e13, rates.toString()));
    }

    @Test
    void aSmallFileTellsNothing() throws IOException {
        Path file = folder.resolve("small");
        Files.write(file, new byte[1000]);
        assertTrue(DiskRates.of(file).isEmpty());
    }
}
