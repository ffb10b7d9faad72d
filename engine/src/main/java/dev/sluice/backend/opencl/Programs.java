package dev.sluice.backend.opencl;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.error.DeviceFailure;
import dev.sluice.error.SluiceException;
import dev.sluice.opencl.BuildOptions;
import dev.sluice.opencl.ClException;
import dev.sluice.opencl.Context;
import dev.sluice.opencl.Device;
import dev.sluice.opencl.Kernel;
import dev.sluice.opencl.Program;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A device's programs: each is taken from disk or compiled when it is first needed, and kept until the device closes. */
final class Programs implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Programs.class);

    private final DeviceInfo info;
    private final Context context;
    private final Device device;
    private final ProgramCache cache;
    private final int compilers;
    private final Map<ProgramSource, Program> programs = new ConcurrentHashMap<>();
    private final AtomicInteger compiled = new AtomicInteger();

    Programs(DeviceInfo info, Context context, Device device, ProgramCache cache, int compilers) {
        this.info = info;
        this.compilers = compilers;
        this.context = context;
        this.device = device;
        this.cache = cache;
    }

    /** @throws SluiceException if there is no compiler for a device */
    static void requireCompiler(DeviceInfo info, Device device) {
        if (!device.info().compiler()) {
            throw new SluiceException(
                    info.id() + " (" + device + ") cannot compile programs: install its full OpenCL driver");
        }
    }

    /**
     * Makes programs ready, several at a time.
     *
     * @throws DeviceFailure with the compiler's log if one cannot be compiled
     */
    void prepare(Collection<? extends ProgramSource> specs) {
        Set<ProgramSource> missing = new LinkedHashSet<>(specs);
        missing.removeAll(programs.keySet());
        if (missing.isEmpty()) {
            return;
        }
        int threads = Math.min(missing.size(), compilers);
        Map<ProgramSource, Future<Program>> building = new HashMap<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            missing.forEach(spec -> building.put(spec, pool.submit(() -> build(spec))));
        }
        RuntimeException failed = null;
        for (Map.Entry<ProgramSource, Future<Program>> entry : building.entrySet()) {
            try {
                programs.put(entry.getKey(), entry.getValue().get());
            } catch (ExecutionException e) {
                failed = e.getCause() instanceof RuntimeException r ? r : new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                throw new IllegalStateException("the pool has ended, so this cannot wait", e);
            }
        }
        if (failed != null) {
            throw failed;
        }
    }

    /** A new kernel of a program that is ready. */
    Kernel kernel(ProgramSource spec) {
        Program program = programs.get(spec);
        if (program == null) {
            prepare(List.of(spec));
            return kernel(spec);
        }
        return program.kernel(spec.kernel());
    }

    /** How many programs are ready. */
    int count() {
        return programs.size();
    }

    /** Those that are ready. */
    Set<ProgramSource> sources() {
        return Set.copyOf(programs.keySet());
    }

    /** For people: how many there are, and where they come from. */
    String description() {
        int count = count();
        int made = compiled.get();
        return count + " kernels (" + (made == 0 ? "cached" : made == count ? "compiled" : made + " compiled") + ")";
    }

    /** With what a program is compiled. */
    static BuildOptions options(ProgramSource source) {
        return BuildOptions.none().with("-cl-std=" + source.standard());
    }

    private Program build(ProgramSource spec) {
        String text = spec.text();
        BuildOptions options = options(spec);
        String key = ProgramCache.key(
                text,
                options.commandLine(),
                device.info().name(),
                device.info().version(),
                device.info().driverVersion(),
                device.platform().info().name(),
                device.platform().info().version());
        byte[] binary = cache.load(key).orElse(null);
        if (binary != null) {
            try {
                return context.load(device, binary, options);
            } catch (ClException e) {
                LOG.debug("The driver does not take its own binary of {} back; compiling it again", spec.kernel(), e);
            }
        }
        Program program;
        try {
            program = context.build(text, options);
        } catch (ClException e) {
            throw new DeviceFailure(
                    info.id(),
                    DeviceFailure.Phase.COMPILE,
                    "The OpenCL driver of " + device + " (" + device.info().driverVersion()
                            + ") cannot compile the kernel " + spec
                            + "; another driver, or --device cpu, would do. " + e.getMessage(),
                    e);
        }
        compiled.incrementAndGet();
        byte[] made = program.binaries().get(device);
        if (made != null) {
            cache.store(key, made);
        }
        return program;
    }

    @Override
    public void close() {
        programs.values().forEach(Program::close);
        programs.clear();
    }
}
