package dev.sluice.simulate;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.Patience;
import dev.sluice.error.SluiceException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/** The devices of a hardware file. Those that compute on the same real device share it. */
public final class SimulatedBackend implements Backend {
    private final List<Simulation> simulations;
    private final Function<String, DeviceInfo> find;
    private final BiFunction<DeviceInfo, DeviceOptions, Device> open;
    private final Map<String, SharedDevice> shared = new HashMap<>();

    /**
     * A machine.
     *
     * @param find finds a real device as users name it; throws a {@link SluiceException} if there is none
     * @param open opens one
     */
    public SimulatedBackend(
            List<Simulation> simulations,
            Function<String, DeviceInfo> find,
            BiFunction<DeviceInfo, DeviceOptions, Device> open) {
        this.simulations = List.copyOf(simulations);
        this.find = find;
        this.open = open;
    }

    @Override
    public String name() {
        return Simulation.BACKEND;
    }

    @Override
    public Discovery discover() {
        List<DeviceInfo> devices = new ArrayList<>();
        for (Simulation simulation : simulations) {
            Map<String, String> details = new LinkedHashMap<>();
            details.put(Simulation.SIMULATED_ON, simulation.description());
            if (!simulation.faults().isEmpty()) {
                details.put("faults", simulation.faults().toString());
            }
            devices.add(new DeviceInfo(
                    simulation.id(),
                    name(),
                    simulation.kind(),
                    simulation.name(),
                    "simulated",
                    simulation.memoryBytes(),
                    simulation.largestAllocation(),
                    details));
        }
        return new Discovery(devices, List.of());
    }

    @Override
    public synchronized Device open(DeviceInfo info, DeviceOptions options) {
        Simulation simulation = simulations.stream()
                .filter(one -> one.id().equals(info.id()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no simulated device " + info.id()));
        DeviceInfo real = find.apply(simulation.real());
        SharedDevice device = shared.get(real.id());
        if (device == null) {
            device = new SharedDevice(open.apply(real, unlimited(options)));
            shared.put(real.id(), device);
        }
        device.acquire();
        return new SimulatedDevice(info, simulation, options, Patience.nanos(), device, () -> release(real.id()));
    }

    /** What may be taken of the simulated device's memory says nothing of the real one's, which others share. */
    private static DeviceOptions unlimited(DeviceOptions options) {
        return new DeviceOptions(options.threads(), options.batchTokens(), options.precision(), options.cpuKernels());
    }

    private synchronized void release(String real) {
        SharedDevice device = shared.get(real);
        if (device != null && device.release()) {
            shared.remove(real);
        }
    }
}
