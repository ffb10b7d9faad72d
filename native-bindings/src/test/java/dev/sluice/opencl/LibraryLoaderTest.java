package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The library is looked for once per process, so each case has a process of its own. */
class LibraryLoaderTest {
    @Test
    void aNamedLibraryThatDoesNotExistIsAValueWithItsReason() throws Exception {
        String outcome = probe(Map.of("SLUICE_OPENCL_LIBRARY", "/nonexistent/libOpenCL.so"));
        assertEquals(
                "unavailable: SLUICE_OPENCL_LIBRARY names /nonexistent/libOpenCL.so, and there is no such library"
                        + " | Set SLUICE_OPENCL_LIBRARY to the path of an OpenCL library, or unset it to have the usual"
                        + " places searched",
                outcome);
    }

    @Test
    void theSystemPropertyNamesTheLibraryToo() throws Exception {
        String outcome = probe(Map.of(), "-Dsluice.opencl.library=libNoSuchOpenCL.so");
        assertTrue(
                outcome.startsWith("unavailable: sluice.opencl.library names libNoSuchOpenCL.so, and there is no"),
                outcome);
    }

    @Test
    void aFileThatIsNoLibraryIsAValueWithTheLinkersWords(@TempDir Path folder) throws Exception {
        Path text = Files.writeString(folder.resolve("libOpenCL.so"), "not a library");
        String outcome = probe(Map.of("SLUICE_OPENCL_LIBRARY", text.toString()));
        assertTrue(outcome.startsWith("unavailable: "), outcome);
        assertTrue(outcome.contains("it cannot be loaded: "), outcome);
    }

    @Test
    void aLibraryWithoutOpenClIsAValueThatNamesTheMissingFunction() throws Exception {
        Path java = Path.of(System.getProperty("java.home"), "lib", System.mapLibraryName("java"));
        String outcome = probe(Map.of("SLUICE_OPENCL_LIBRARY", java.toString()));
        assertTrue(outcome.contains("it does not export clGetPlatformIDs"), outcome);
    }

    @Test
    void aLibraryWithoutPlatformsHasNoDevices(@TempDir Path empty) throws Exception {
        OpenClTests.available();
        // Of the two common loaders one takes the folder from the first variable, the other from either.
        String outcome = probe(Map.of(
                "OCL_ICD_VENDORS", empty.toString(), "OPENCL_VENDOR_PATH", empty.toString(), "OCL_ICD_FILENAMES", ""));
        assertEquals("available, platforms 0, devices 0", outcome);
    }

    @Test
    void aLibraryFoundIsTheOneThatTheTestsUse() throws Exception {
        OpenCl.Available here = OpenClTests.available();
        String outcome = probe(Map.of("SLUICE_OPENCL_LIBRARY", here.library()));
        assertEquals(
                "available, platforms " + here.platforms().size() + ", devices "
                        + here.devices().size(),
                outcome);
        assertTrue(Path.of(here.library()).isAbsolute(), here.library());
    }

    @Test
    void everySystemHasItsNames() {
        assertEquals(List.of("OpenCL.dll"), LibraryNames.candidates("Windows 11", "amd64"));
        assertEquals(
                List.of("/System/Library/Frameworks/OpenCL.framework/OpenCL"),
                LibraryNames.candidates("Mac OS X", "aarch64"));
        List<String> linux = LibraryNames.candidates("Linux", "aarch64");
        assertEquals("libOpenCL.so.1", linux.getFirst());
        assertTrue(linux.contains("/usr/lib/aarch64-linux-gnu/libOpenCL.so.1"), linux::toString);
        assertFalse(linux.contains("/usr/lib/x86_64-linux-gnu/libOpenCL.so.1"), linux::toString);
    }

    private static String probe(Map<String, String> environment, String... flags) throws Exception {
        Map<String, String> all = new HashMap<>(environment);
        // A blank name counts as none, so that the tests' own setting is not in the way.
        all.putIfAbsent(OpenCl.LIBRARY_VARIABLE, "");
        return ChildJvm.run(Probe.class, all, flags);
    }
}
