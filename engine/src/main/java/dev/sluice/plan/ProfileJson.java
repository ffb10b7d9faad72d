package dev.sluice.plan;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.tensor.DType;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** {@link Hardware} and what it is made of, as JSON: bytes, bytes per second, operations per second, seconds. */
final class ProfileJson {
    private ProfileJson() {}

    static Hardware hardware(JsonFields in) {
        return new Hardware(
                in.text("name"),
                in.text("source"),
                in.object("host", ProfileJson::host),
                in.list("devices", ProfileJson::device).stream()
                        .flatMap(Optional::stream)
                        .toList());
    }

    /** The fields of a machine that say nothing of its devices; where all are simulated it may do without. */
    static void rest(JsonFields in) {
        for (String name : List.of("name", "source")) {
            if (in.has(name)) {
                in.text(name);
            }
        }
        if (in.has("host")) {
            in.object("host", ProfileJson::host);
        }
    }

    static HostProfile host(JsonFields in) {
        return new HostProfile(
                in.whole("memory_bytes"),
                in.number("read_bytes_per_second"),
                in.number("disk_bytes_per_second"),
                in.has("cached_bytes_per_second") ? in.number("cached_bytes_per_second") : 0);
    }

    /** What is only simulated may have no profile. */
    private static Optional<DeviceProfile> device(JsonFields in) {
        if (in.has("simulate")) {
            SimulationJson.read(in);
            if (!in.has("rates")) {
                return Optional.empty();
            }
        }
        return Optional.of(profile(in));
    }

    static DeviceProfile profile(JsonFields in) {
        return new DeviceProfile(
                in.text("id"),
                in.text("name"),
                kind(in),
                in.whole("memory_bytes"),
                in.whole("largest_allocation_bytes"),
                in.flag("host_memory"),
                in.object("rates", ProfileJson::rates),
                in.has("heads") ? in.object("heads", ProfileJson::rates) : Map.of(),
                in.has("choice_seconds") ? in.number("choice_seconds") : 0,
                in.number("kv_bytes_per_second"),
                in.number("attention_flops"),
                in.has("link") ? in.object("link", ProfileJson::link) : null,
                in.number("launch_seconds"),
                in.number("hop_seconds"),
                in.number(in.has("rested_hop_seconds") ? "rested_hop_seconds" : "hop_seconds"));
    }

    static DeviceInfo.Kind kind(JsonFields in) {
        return switch (in.text("kind")) {
            case "cpu" -> DeviceInfo.Kind.CPU;
            case "gpu" -> DeviceInfo.Kind.GPU;
            case "accelerator" -> DeviceInfo.Kind.ACCELERATOR;
            default -> throw in.wrong("kind", "cpu, gpu or accelerator");
        };
    }

    private static Map<String, FormatRate> rates(JsonFields in) {
        Map<String, FormatRate> rates = new TreeMap<>();
        for (String format : in.names()) {
            if (!format.equals(DeviceProfile.ANY)) {
                format(in, format);
            }
            rates.put(format, in.object(format, ProfileJson::rate));
        }
        return rates;
    }

    /** One rate for all widths, or a list of them. */
    private static FormatRate rate(JsonFields in) {
        return in.has("widths")
                ? new FormatRate(in.list("widths", width -> width(width, width.count("columns"))))
                : new FormatRate(List.of(width(in, 0)));
    }

    private static WidthRate width(JsonFields in, int columns) {
        return new WidthRate(
                columns,
                in.list("products", p -> new RatePoint(p.count("tokens"), p.number("bytes_per_second"))),
                in.number("flops"));
    }

    /** The weight format that a field's name stands for. */
    static DType format(JsonFields in, String name) {
        for (DType type : DType.values()) {
            if (type.name().equals(name)) {
                return type;
            }
        }
        throw in.wrong(name, "under the name of a weight format, such as Q4_K or F16");
    }

    private static LinkProfile link(JsonFields in) {
        return new LinkProfile(
                in.number("pinned_bytes_per_second"),
                in.number("pinned_computing_bytes_per_second"),
                in.number("pageable_bytes_per_second"),
                in.number("mapped_bytes_per_second"),
                in.number("to_host_bytes_per_second"));
    }

    static ObjectNode write(Hardware hardware, ObjectMapper mapper) {
        ObjectNode root = mapper.createObjectNode();
        root.put("name", hardware.name());
        root.put("source", hardware.source());
        root.set("host", write(hardware.host(), mapper));
        ArrayNode devices = root.putArray("devices");
        hardware.devices().forEach(device -> devices.add(write(device, mapper)));
        return root;
    }

    static ObjectNode write(HostProfile host, ObjectMapper mapper) {
        return mapper.createObjectNode()
                .put("memory_bytes", host.memoryBytes())
                .put("read_bytes_per_second", host.readBytesPerSecond())
                .put("disk_bytes_per_second", host.diskBytesPerSecond())
                .put("cached_bytes_per_second", host.cachedBytesPerSecond());
    }

    static ObjectNode write(DeviceProfile device, ObjectMapper mapper) {
        ObjectNode node = mapper.createObjectNode();
        node.put("id", device.id());
        node.put("name", device.name());
        node.put("kind", device.kind().name().toLowerCase(Locale.ROOT));
        node.put("memory_bytes", device.memoryBytes());
        node.put("largest_allocation_bytes", device.largestAllocation());
        node.put("host_memory", device.hostMemory());
        write(node.putObject("rates"), device.rates());
        if (!device.heads().isEmpty()) {
            write(node.putObject("heads"), device.heads());
        }
        node.put("choice_seconds", device.choiceSeconds());
        node.put("kv_bytes_per_second", device.kvBytesPerSecond());
        node.put("attention_flops", device.attentionFlops());
        LinkProfile link = device.link();
        if (link != null) {
            node.putObject("link")
                    .put("pinned_bytes_per_second", link.pinned())
                    .put("pinned_computing_bytes_per_second", link.pinnedComputing())
                    .put("pageable_bytes_per_second", link.pageable())
                    .put("mapped_bytes_per_second", link.mapped())
                    .put("to_host_bytes_per_second", link.toHost());
        }
        node.put("launch_seconds", device.launchSeconds());
        node.put("hop_seconds", device.hopSeconds());
        node.put("rested_hop_seconds", device.restedHopSeconds());
        return node;
    }

    private static void write(ObjectNode node, Map<String, FormatRate> rates) {
        rates.forEach((format, rate) -> {
            ArrayNode widths = node.putObject(format).putArray("widths");
            for (WidthRate width : rate.widths()) {
                ObjectNode entry = widths.addObject().put("columns", width.columns());
                ArrayNode products = entry.putArray("products");
                for (RatePoint point : width.points()) {
                    products.addObject().put("tokens", point.tokens()).put("bytes_per_second", point.bytesPerSecond());
                }
                entry.put("flops", width.flops());
            }
        });
    }
}
