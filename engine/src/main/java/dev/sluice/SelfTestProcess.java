package dev.sluice;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.Precision;
import dev.sluice.backend.TrialProcess;
import dev.sluice.error.DeviceFailure;
import dev.sluice.error.SluiceException;
import dev.sluice.measure.SelfTest;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.tensor.DType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A device's first {@link SelfTest} in a process of its own, whose main class this is: drivers that crash while they compile a
 * kernel do it there. What they compile is in the cache then, so that little is done twice.
 */
final class SelfTestProcess {
    private static final Logger LOG = LoggerFactory.getLogger(SelfTestProcess.class);
    /** Said before a driver is touched. */
    private static final String BEGUN = "begun";

    private static final String PASSED = "passed";
    private static final String FAILED = "failed ";
    /** Slow compilers take minutes for all kernels. */
    private static final long LIMIT_SECONDS = 900;

    private SelfTestProcess() {}

    /**
     * Tests a device in another process.
     *
     * @throws DeviceFailure if it computes wrongly, or ends the process
     */
    static void require(DeviceInfo device, LoadOptions options, Set<DType> formats) {
        List<String> arguments =
                new ArrayList<>(List.of(device.id(), options.precision().name()));
        formats.forEach(format -> arguments.add(format.name()));
        try {
            requirePassed(device, TrialProcess.run(SelfTestProcess.class, arguments, LIMIT_SECONDS));
        } catch (IOException e) {
            warn(device, e.toString());
        }
    }

    private static void warn(DeviceInfo device, String why) {
        LOG.warn("{} is tested in this process, which a bad driver may end, as no other starts ({})", device.id(), why);
    }

    /** Judges by what the process printed and how it ended. */
    static void requirePassed(DeviceInfo device, TrialProcess.Outcome outcome) {
        for (String line : outcome.lines()) { // drivers print lines of their own
            if (line.equals(PASSED)) {
                return; // a driver that crashes only when it is left is none of ours
            }
            if (line.startsWith(FAILED)) {
                String[] words = line.split(" ", 3);
                throw new DeviceFailure(device.id(), DeviceFailure.Phase.valueOf(words[1]), words[2], null);
            }
        }
        String name = device.id() + " (" + device.name() + ", " + device.platform() + ")";
        if (!outcome.inTime()) {
            throw new DeviceFailure(
                    device.id(),
                    DeviceFailure.Phase.HANG,
                    name + " hangs: its first kernels were not ready after " + LIMIT_SECONDS
                            + " seconds. Another driver may mend it; --device cpu does without",
                    null);
        }
        if (!outcome.lines().contains(BEGUN)) {
            // Sluice's classes come from where a new JVM does not find them, as in a program packed into one file.
            warn(device, "its exit code is " + outcome.exitCode());
            return;
        }
        throw new DeviceFailure(
                device.id(),
                DeviceFailure.Phase.COMPILE,
                name + " crashes: its driver ended a process that compiled and ran Sluice's kernels (exit code "
                        + outcome.exitCode() + "). Another driver may mend it; --device cpu does without",
                null);
    }

    /** Arguments: the device's id, the precision, formats. */
    public static void main(String[] args) {
        say(BEGUN);
        Collection<DType> formats = new TreeSet<>();
        for (int i = 2; i < args.length; i++) {
            formats.add(DType.valueOf(args[i]));
        }
        say(verdict(args[0], Precision.valueOf(args[1]), formats));
    }

    private static String verdict(String id, Precision precision, Collection<DType> formats) {
        DeviceCatalog catalog = DeviceCatalog.discover();
        DeviceOptions options = new DeviceOptions(0, SelfTest.MOST_TOKENS, precision, LoadOptions.DEFAULT.cpuKernels());
        try (Device device = catalog.open(catalog.select(id), options);
                Device reference = catalog.openReference(SelfTest.MOST_TOKENS)) {
            SelfTest.require(device, reference, formats);
            return PASSED;
        } catch (DeviceFailure e) {
            return FAILED + e.phase().name() + " " + oneLine(e);
        } catch (SluiceException e) {
            return FAILED + DeviceFailure.Phase.OPEN.name() + " " + oneLine(e);
        }
    }

    private static String oneLine(SluiceException e) {
        return String.valueOf(e.getMessage()).replaceAll("\\R", " ");
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
