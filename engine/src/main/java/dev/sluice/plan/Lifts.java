package dev.sluice.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What better hardware would give: the planner is asked again with one thing changed. */
final class Lifts {
    private static final long GIB = 1L << 30;

    private Lifts() {}

    static List<Lift> of(Plan plan, ModelShape model, Hardware hardware, PlanRequest request) {
        // The batch that was chosen is kept, so that plans compare.
        PlanRequest same = request.withBatch(plan.batch());
        List<Lift> lifts = new ArrayList<>();
        for (int d = 0; d < hardware.devices().size(); d++) {
            DeviceProfile device = hardware.devices().get(d);
            if (!request.devices().isEmpty() && !request.devices().contains(device.id())) {
                continue;
            }
            if (!device.hostMemory()) {
                Hardware more = hardware.withDevice(d, device.withMemory(device.memoryBytes() + GIB));
                add(lifts, "1 GiB more on " + device.id(), plan, model, more, raised(same, device.id()));
            }
            LinkProfile link = device.link();
            if (link != null) {
                Hardware faster = hardware.withDevice(d, device.withLink(link.times(2)));
                add(lifts, "a link to " + device.id() + " twice as fast", plan, model, faster, same);
            }
        }
        HostProfile host = hardware.host();
        add(
                lifts,
                "host memory twice as fast",
                plan,
                model,
                hardware.withHost(
                        new HostProfile(host.memoryBytes(), 2 * host.readBytesPerSecond(), host.diskBytesPerSecond())),
                same);
        add(
                lifts,
                "16 GiB more host memory",
                plan,
                model,
                hardware.withHost(new HostProfile(
                        host.memoryBytes() + 16 * GIB, host.readBytesPerSecond(), host.diskBytesPerSecond())),
                same);
        lifts.sort(Comparator.comparingDouble(Lift::gain).reversed());
        return lifts;
    }

    private static void add(
            List<Lift> lifts, String change, Plan plan, ModelShape model, Hardware better, PlanRequest request) {
        Plan other = Planner.find(model, better, request);
        if (other != null) {
            double rate = other.decode().tokensPerSecond();
            lifts.add(new Lift(change, rate, rate / plan.decode().tokensPerSecond()));
        }
    }

    /** A limit that the user has set would keep the device from using more. */
    private static PlanRequest raised(PlanRequest request, String device) {
        Map<String, Long> raised = new HashMap<>(request.memory());
        Long own = raised.getOrDefault(device, raised.get(PlanRequest.EACH));
        if (own != null) {
            raised.put(device, own + GIB);
        }
        return request.withMemory(raised);
    }
}
