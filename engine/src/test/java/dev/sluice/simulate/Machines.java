package dev.sluice.simulate;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.cpu.CpuBackend;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Simulated devices on the CPU. */
final class Machines {
    static final int BATCH = 40;
    static final long MEMORY = 64L << 20;
    private static final long PATIENCE_NANOS = 300_000_000;

    private Machines() {}

    static Simulation simulation(double factor, @Nullable LinkSpeed link, Fault... faults) {
        return new Simulation(
                "sim:0", "test", DeviceInfo.Kind.GPU, "cpu", MEMORY, MEMORY / 2, factor, link, false, List.of(faults));
    }

    /** A device on a CPU device of its own. */
    static SimulatedDevice open(Simulation simulation) {
        CpuBackend cpu = new CpuBackend();
        SharedDevice shared =
                new SharedDevice(cpu.open(cpu.discover().devices().getFirst(), new DeviceOptions(2, BATCH)));
        shared.acquire();
        DeviceInfo info = new SimulatedBackend(
                        List.of(simulation), id -> cpu.discover().devices().getFirst(), cpu::open)
                .discover()
                .devices()
                .getFirst();
        return new SimulatedDevice(
                info, simulation, new DeviceOptions(2, BATCH), PATIENCE_NANOS, shared, shared::release);
    }
}
