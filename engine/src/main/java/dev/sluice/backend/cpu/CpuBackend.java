package dev.sluice.backend.cpu;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.system.PhysicalMemory;
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
        long memory = PhysicalMemory.total();
        DeviceInfo info =
                new DeviceInfo("cpu", name(), DeviceInfo.Kind.CPU, CpuFacts.name(), "JVM", memory, memory, details);
        String slowness = KernelChoice.slowness(new DeviceOptions(0, 1));
        return new Discovery(List.of(info), slowness == null ? List.of() : List.of(slowness));
    }

    @Override
    public Device open(DeviceInfo info, DeviceOptions options) {
        Kernels kernels = KernelChoice.of(options);
        String slowness = KernelChoice.slowness(options);
        if (slowness != null && WARNED.compareAndSet(false, true)) {
            LOG.warn(slowness);
        }
        return new CpuDevice(info, options, kernels);
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
