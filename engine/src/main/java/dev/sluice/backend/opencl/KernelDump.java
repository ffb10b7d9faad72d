package dev.sluice.backend.opencl;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Writes {@link KernelVariants} down for compilers that know nothing of Sluice: a whole source text a variant, and an
 * {@code index.json}. {@code scripts/kernel-report} starts it; users never do.
 */
final class KernelDump {
    private KernelDump() {}

    /** A program's bytes of local memory handed over, and the GPUs it is for. */
    private record Listed(int localArguments, Set<String> gpus) {}

    /** Takes one argument, a folder that exists. */
    public static void main(String[] args) throws IOException {
        write(Path.of(args[0]));
    }

    static void write(Path folder) throws IOException {
        Map<ProgramSpec, Listed> programs = new LinkedHashMap<>();
        AbsentGpus.all().forEach((gpus, info) -> {
            Set<Capability> capabilities = AbsentGpus.capabilities(gpus);
            DeviceTuning tuning = DeviceTuning.of(info, capabilities);
            Map<ProgramSpec, Integer> its = new LinkedHashMap<>(KernelVariants.of(tuning));
            its.putAll(KernelVariants.ofOtherArithmetic(tuning, capabilities));
            its.putAll(KernelVariants.ofColumns(tuning));
            its.forEach((spec, local) -> programs.computeIfAbsent(spec, s -> new Listed(local, new TreeSet<>()))
                    .gpus()
                    .add(gpus));
        });

        ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        ObjectNode index = mapper.createObjectNode();
        index.put("columns", KernelVariants.COLUMNS);
        ArrayNode variants = index.putArray("variants");
        Map<String, Integer> numbers = new LinkedHashMap<>();
        for (Map.Entry<ProgramSpec, Listed> entry : programs.entrySet()) {
            ProgramSpec spec = entry.getKey();
            String file = spec.kernel() + "-" + numbers.merge(spec.kernel(), 1, Integer::sum) + ".cl";
            Files.writeString(folder.resolve(file), spec.text());
            ObjectNode variant = variants.addObject();
            variant.put("kernel", spec.kernel());
            variant.put("file", file);
            variant.put("options", Programs.options(spec).commandLine());
            variant.put("local_arguments", entry.getValue().localArguments());
            spec.macros().forEach(variant.putObject("macros")::put);
            entry.getValue().gpus().forEach(variant.putArray("gpus")::add);
        }
        Files.writeString(folder.resolve("index.json"), mapper.writeValueAsString(index) + "\n");
    }
}
