package dev.sluice.backend.cpu;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CpuKernels;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The CPU that the JVM runs on, always there, as the one device {@code cpu}. */
public final class CpuBackend implements Backend {
    private static final Logger LOG = LoggerFactory.getLogger(CpuBackend.class);
    private static final AtomicBoolean WARNED = new AtomicBoolean();
    private static final String NO_VECTORS =
            "The CPU runs scalar code, many times slower than it could: " + KernelChoice.ADD_VECTORS;

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public Discovery discover() {
        Map<String, String> details = new LinkedHashMap<>();
        details.put("cores", String.valueOf(CpuFacts.defaultThreads()));
        details.put("code", KernelChoice.description());
        if (!CpuFacts.flags().isEmpty()) {
            details.put("instruction sets", CpuFacts.flags());
        }
        long memory = CpuFacts.physicalMemory();
        DeviceInfo info =
                new DeviceInfo("cpu", name(), DeviceInfo.Kind.CPU, CpuFacts.name(), "JVM", memory, memory, details);
        return new Discovery(List.of(info), KernelChoice.vectors() ? List.of() : List.of(NO_VECTORS));
    }

    @Override
    public Device open(DeviceInfo info, DeviceOptions options) {
        if (!KernelChoice.vectors() && options.cpuKernels() != CpuKernels.SCALAR && WARNED.compareAndSet(false, true)) {
            LOG.warn(NO_VECTORS);
        }
        return new CpuDevice(info, options, KernelChoice.of(options));
    }

    /**
     * Opens the CPU with scalar code whatever the JVM offers: the reference that other devices are compared with.
     *
     * @param options as for {@link #open}
     */
    public Device openScalar(DeviceOptions options) {
        return new CpuDevice(discover().devices().getFirst(), options, new ScalarKernels());
    }
}
