package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one policy for tests that need OpenCL: without a device they are skipped with the reason, unless
 * {@code SLUICE_REQUIRE_OPENCL=1} demands one, and then they fail. A test takes all devices with
 * {@code @MethodSource("dev.sluice.opencl.OpenClTests#devices")}.
 */
public final class OpenClTests {
    private static final Logger LOG = LoggerFactory.getLogger(OpenClTests.class);
    private static final AtomicBoolean TOLD = new AtomicBoolean();

    private OpenClTests() {}

    /** All devices of this machine, at least one. */
    public static Stream<Device> devices() {
        return available().devices().stream();
    }

    static OpenCl.Available available() {
        return switch (OpenCl.load()) {
            case OpenCl.Available available -> {
                List<Device> devices = available.devices();
                if (devices.isEmpty()) {
                    none(available.library() + " knows no device");
                }
                yield available;
            }
            case OpenCl.Unavailable unavailable -> throw none(unavailable.reason());
        };
    }

    private static AssertionError none(String reason) {
        if ("1".equals(System.getenv("SLUICE_REQUIRE_OPENCL"))) {
            fail("SLUICE_REQUIRE_OPENCL=1, and there is no OpenCL device: " + reason);
        }
        if (TOLD.compareAndSet(false, true)) {
            LOG.warn("Tests that need an OpenCL device are skipped: {}", reason);
        }
        Assumptions.abort("No OpenCL device: " + reason);
        return new AssertionError("not reached");
    }
}
