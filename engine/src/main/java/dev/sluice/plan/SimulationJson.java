package dev.sluice.plan;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.simulate.Fault;
import dev.sluice.simulate.LinkSpeed;
import dev.sluice.simulate.Simulation;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The {@code simulate} objects of a hardware file's devices. */
final class SimulationJson {
    private SimulationJson() {}

    /** All devices of a machine that are simulated, of which there must be one. */
    static List<Simulation> machine(JsonFields in) {
        List<Simulation> all = in.list("devices", SimulationJson::device).stream()
                .flatMap(Optional::stream)
                .toList();
        Hardware.requireDistinct(all.stream().map(Simulation::id).toList());
        Checks.require(
                !all.isEmpty(),
                "none of its devices has an object \"simulate\", so it describes a machine to plan for: only 'sluice"
                        + " plan' takes it, without --measure");
        ProfileJson.rest(in);
        return all;
    }

    private static Optional<Simulation> device(JsonFields in) {
        Optional<Simulation> simulation = in.has("simulate") ? Optional.of(read(in)) : Optional.empty();
        if (simulation.isEmpty() || in.has("rates")) {
            ProfileJson.profile(in);
        }
        return simulation;
    }

    /** The simulation of a device, whose other fields fill in for those that it lacks. */
    static Simulation read(JsonFields in) {
        String id = in.text("id");
        if (!id.matches("[a-z0-9_.:-]+")) {
            throw in.wrong("id", "of small letters, digits and _ . : - where a device is simulated");
        }
        String name = in.has("name") ? in.text("name") : id;
        DeviceInfo.Kind kind = in.has("kind") ? ProfileJson.kind(in) : DeviceInfo.Kind.GPU;
        long memory = in.has("memory_bytes") ? positive(in, "memory_bytes") : 0;
        long largest = in.has("largest_allocation_bytes") ? positive(in, "largest_allocation_bytes") : 0;
        return in.object("simulate", own -> {
            long ownMemory = own.has("memory_bytes") || memory == 0 ? positive(own, "memory_bytes") : memory;
            boolean limited = own.has("largest_allocation_bytes");
            return new Simulation(
                    id,
                    name,
                    kind,
                    own.text("device"),
                    ownMemory,
                    limited ? positive(own, "largest_allocation_bytes") : largest > 0 ? largest : ownMemory,
                    own.has("speed_factor") ? factor(own) : 1,
                    own.has("link") ? own.object("link", SimulationJson::link) : null,
                    own.flag("load_takes_time", false),
                    own.has("faults") ? own.list("faults", SimulationJson::fault) : List.of());
        });
    }

    private static long positive(JsonFields in, String name) {
        long bytes = in.whole(name);
        Checks.positive(name, bytes);
        return bytes;
    }

    private static double factor(JsonFields in) {
        double factor = in.number("speed_factor");
        if (!(factor >= 1)) {
            throw in.wrong("speed_factor", "1 or more: computation cannot be faster than on the real device");
        }
        return factor;
    }

    private static LinkSpeed link(JsonFields in) {
        double rate = rate(in, "bytes_per_second", null);
        double latency = in.has("latency_seconds") ? in.number("latency_seconds") : 0;
        Checks.notNegative("latency_seconds", latency);
        return new LinkSpeed(
                rate, rate(in, "pageable_bytes_per_second", rate), rate(in, "to_host_bytes_per_second", rate), latency);
    }

    private static double rate(JsonFields in, String name, @Nullable Double otherwise) {
        if (otherwise != null && !in.has(name)) {
            return otherwise;
        }
        double rate = in.number(name);
        Checks.positive(name, rate);
        return rate;
    }

    private static Fault fault(JsonFields in) {
        String where = in.text("where");
        Fault.Where found = Stream.of(Fault.Where.values())
                .filter(one -> one.name().toLowerCase(Locale.ROOT).equals(where))
                .findFirst()
                .orElseThrow(() -> in.wrong("where", "compile, allocate, copy, kernel, wrong, sign, hang or lost"));
        return new Fault(found, in.count("after", 0));
    }
}
