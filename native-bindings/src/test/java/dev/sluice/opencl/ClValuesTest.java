package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ClValuesTest {
    @Test
    void errorsHaveTheirNames() {
        assertEquals("CL_SUCCESS", ErrorNames.of(0));
        assertEquals("CL_DEVICE_NOT_FOUND", ErrorNames.of(-1));
        assertEquals("CL_MEM_OBJECT_ALLOCATION_FAILURE", ErrorNames.of(-4));
        assertEquals("CL_BUILD_PROGRAM_FAILURE", ErrorNames.of(-11));
        assertEquals("CL_INVALID_WORK_GROUP_SIZE", ErrorNames.of(-54));
        assertEquals("CL_PLATFORM_NOT_FOUND_KHR", ErrorNames.of(-1001));
        assertEquals("unknown OpenCL error", ErrorNames.of(-9999));
        // Every code of the OpenCL 3.0 core; -20 to -29 were never given out.
        for (int code = -1; code >= -72; code--) {
            if (code < -19 && code > -30) {
                continue;
            }
            assertTrue(ErrorNames.of(code).startsWith("CL_"), "code " + code);
        }
    }

    @Test
    void anErrorNamesTheCall() {
        ClException e = assertThrows(ClException.class, () -> Status.check(-61, "clCreateBuffer"));
        assertEquals("clCreateBuffer failed: CL_INVALID_BUFFER_SIZE (-61)", e.getMessage());
        assertEquals(-61, e.code());
        assertEquals("", e.detail());
    }

    @Test
    void versionsCompare() {
        assertTrue(ClVersion.parse("OpenCL 3.0 PoCL HSTR").atLeast(2, 1));
        assertTrue(ClVersion.parse("OpenCL C 1.2").atLeast(1, 2));
        assertFalse(ClVersion.parse("OpenCL 1.2 CUDA").atLeast(2, 0));
        assertFalse(ClVersion.parse("something else").atLeast(1, 1));
    }

    @Test
    void rangesAreChecked() {
        NDRange range = NDRange.of(128, 3).local(32);
        assertEquals(new NDRange(2, 128, 3, 1, 32, 1, 1), range);
        assertEquals(128, NDRange.roundUp(97, 32));
        assertThrows(IllegalArgumentException.class, () -> NDRange.of(0));
        assertThrows(IllegalArgumentException.class, () -> NDRange.of(100).local(32));
        assertThrows(IllegalArgumentException.class, () -> NDRange.of(100).local(0, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new NDRange(4, 1, 1, 1, 0, 0, 0));
    }

    @Test
    void buildOptionsMakeACommandLine() {
        BuildOptions options = BuildOptions.none()
                .define("FP16")
                .define("N", 4)
                .define("TYPE", "float")
                .with("-cl-mad-enable");
        assertEquals("-D FP16 -D N=4 -D TYPE=float -cl-mad-enable -cl-kernel-arg-info", options.commandLine());
        assertThrows(IllegalArgumentException.class, () -> BuildOptions.none().define("X", "a b"));
    }
}
