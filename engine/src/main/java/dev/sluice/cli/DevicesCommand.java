package dev.sluice.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.plan.DeviceCatalog;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice devices}: what there is to compute on, and what is missing. */
@Command(
        name = "devices",
        sortOptions = false,
        description = {
            "Lists the devices to compute on, and what is missing.",
            "Every OpenCL device and the CPU: memory, driver, what was probed, and how to get what is not there.",
            ""
        },
        footer = {"", "Example:", "  sluice devices"})
final class DevicesCommand implements Callable<Integer> {
    private final Streams streams;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin
    @SuppressWarnings("UnusedVariable") // its options act elsewhere: logging, failures
    private final CommonOptions common = new CommonOptions();

    DevicesCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        DeviceCatalog catalog = DeviceCatalog.discover();
        if (json) {
            streams.out().println(json(catalog));
        } else {
            print(catalog);
        }
        return 0;
    }

    private void print(DeviceCatalog catalog) {
        PrintStream out = streams.out();
        for (DeviceInfo device : catalog.devices()) {
            out.printf("%s  %s (%s)%n", device.id(), device.name(), device.platform());
            row("kind", device.kind().name().toLowerCase(Locale.ROOT));
            row(
                    "memory",
                    ByteSize.format(device.memoryBytes()) + ", largest allocation "
                            + ByteSize.format(device.maxAllocationBytes()));
            device.details().forEach(this::row);
            out.println();
        }
        catalog.notes().forEach(out::println);
        out.println("--device auto takes " + catalog.select("auto").id());
    }

    private void row(String name, String value) {
        streams.out().printf("    %-20s %s%n", name, value);
    }

    private static String json(DeviceCatalog catalog) throws IOException {
        ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        ObjectNode root = mapper.createObjectNode();
        ArrayNode devices = root.putArray("devices");
        for (DeviceInfo device : catalog.devices()) {
            ObjectNode node = devices.addObject();
            node.put("id", device.id());
            node.put("backend", device.backend());
            node.put("kind", device.kind().name().toLowerCase(Locale.ROOT));
            node.put("name", device.name());
            node.put("platform", device.platform());
            node.put("memory_bytes", device.memoryBytes());
            node.put("max_allocation_bytes", device.maxAllocationBytes());
            ObjectNode details = node.putObject("details");
            device.details().forEach(details::put);
        }
        ArrayNode notes = root.putArray("notes");
        catalog.notes().forEach(notes::add);
        root.put("auto", catalog.select("auto").id());
        return mapper.writeValueAsString(root);
    }
}
