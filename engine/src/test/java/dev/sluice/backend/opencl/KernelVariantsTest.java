package dev.sluice.backend.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.opencl.DeviceInfo;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Nothing that a device compiles is missing from what {@code scripts/kernel-report} looks at. */
class KernelVariantsTest {
    private static final Path SOURCES = Path.of("../kernels-cl/src/main/resources/dev/sluice/kernels/cl");

    @TempDir
    Path folder;

    static Stream<OpenClRuns.Variant> variants() {
        return Stream.concat(OpenClRuns.variants(), OpenClRuns.columns());
    }

    private static Set<ProgramSpec> listed(DeviceTuning tuning) {
        return KernelVariants.of(tuning).keySet();
    }

    private static Set<String> namesOf(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString())
                    .filter(name -> name.endsWith(".cl"))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @Test
    void everyKernelFileAndEveryFormatIsListed() throws IOException {
        Pattern kernel = Pattern.compile("(?m)^kernel ");
        Set<String> expected = new TreeSet<>();
        for (String name : namesOf(SOURCES)) {
            if (kernel.matcher(Files.readString(SOURCES.resolve(name))).find()) {
                expected.add(name.replace(".cl", ""));
            }
        }
        Set<ProgramSpec> all = new HashSet<>();
        for (Map.Entry<String, DeviceInfo> gpu : AbsentGpus.all().entrySet()) {
            DeviceInfo info = gpu.getValue();
            Set<Capability> capabilities = AbsentGpus.capabilities(gpu.getKey());
            all.addAll(listed(DeviceTuning.of(info, capabilities)));
            all.addAll(KernelVariants.ofOtherArithmetic(DeviceTuning.of(info, capabilities), capabilities)
                    .keySet());
            all.addAll(KernelVariants.ofColumns(DeviceTuning.of(info, capabilities))
                    .keySet());
            all.addAll(listed(DeviceTuning.wide(info, VectorDot.X86_VNNI)));
        }
        Stream.of(Capability.values()).map(Capability::program).forEach(all::add);
        assertEquals(expected, all.stream().map(ProgramSpec::kernel).collect(Collectors.toCollection(TreeSet::new)));
        for (String included : new String[] {"quant", "planes", "units"}) {
            String macro = included.equals("units") ? "MATRIX_UNIT" : "QUANT";
            assertEquals(
                    namesOf(SOURCES.resolve(included)),
                    all.stream()
                            .map(spec -> spec.macros().getOrDefault(macro, "").replace("\"", ""))
                            .filter(file -> file.startsWith(included + "/"))
                            .map(file -> file.substring(included.length() + 1))
                            .collect(Collectors.toCollection(TreeSet::new)));
        }
    }

    @Test
    void whatIsWrittenDownIsWholeAndComplete() throws IOException {
        KernelDump.write(folder);
        JsonNode index =
                new ObjectMapper().readTree(folder.resolve("index.json").toFile());
        Set<String> files = new TreeSet<>();
        for (JsonNode variant : index.get("variants")) {
            String file = variant.get("file").asText();
            String text = Files.readString(folder.resolve(file));
            assertTrue(!text.contains("#include"), file);
            assertTrue(text.contains(" " + variant.get("kernel").asText() + "("), file);
            assertTrue(!variant.get("gpus").isEmpty(), file);
            files.add(file);
        }
        assertEquals(namesOf(folder), files);
    }

    /** An embedding, blocks with heads of every size, both caches and every format, a head. */
    @Tag("slow")
    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void whatADeviceCompilesIsListed(OpenClRuns.Variant variant) {
        try (OpenClDevice device = variant.open()) {
            for (DType type : DType.values()) {
                if (RowTiles.supports(type)) {
                    compile(device, embedding(type), KvType.F32);
                }
            }
            int group = 1;
            for (int headDim : KernelVariants.HEAD_DIMS) {
                for (KvType type : KernelVariants.KV_TYPES) {
                    compile(device, block(group++ * 2, 2, headDim), type);
                }
            }
            compile(device, head(), KvType.F32);
            Set<ProgramSource> missing = new HashSet<>(device.programs().sources());
            missing.removeAll(listed(device.tuning()));
            assertEquals(Set.of(), missing, "compiled, but not in KernelVariants");
        }
    }

    private static void compile(OpenClDevice device, Layer layer, KvType type) {
        try (CompiledLayer compiled = device.compile(layer)) {
            if (layer.attention().isPresent()) {
                LayerState state = Objects.requireNonNull(device.newState(compiled, 16, type));
                state.close();
            }
        }
    }

    private static Layer embedding(DType type) {
        LayerBuilder b = new LayerBuilder("embedding", Layer.Kind.EMBEDDING, 1);
        int x = b.add(new Op.Embed(TestBlocks.random(type, 256, 16, 1), 1), b.input());
        b.add(new Op.Linear(TestBlocks.random(type, 256, 16, 2), null), x);
        return b.build();
    }

    /** Norms before and after, mixed formats in the network, so that no operation is left out. */
    private static Layer block(int heads, int kvHeads, int headDim) {
        int width = 32;
        LayerBuilder b = new LayerBuilder("block " + headDim, Layer.Kind.BLOCK, width);
        Tensor gain = TestBlocks.floats("gain", new float[width], width);
        Rotation rotation = new Rotation(Rotation.Pairing.HALVES, new float[headDim / 2], 1);
        int q = b.add(new Op.Linear(TestBlocks.random(DType.F16, width, (long) heads * headDim, 1), null), b.input());
        int k = b.add(new Op.Linear(TestBlocks.random(DType.F16, width, (long) kvHeads * headDim, 2), null), b.input());
        int v = b.add(new Op.Linear(TestBlocks.random(DType.F16, width, (long) kvHeads * headDim, 3), null), b.input());
        q = b.add(new Op.Rope(heads, headDim, rotation), q);
        k = b.add(new Op.Rope(kvHeads, headDim, rotation), k);
        int a = b.add(new Op.Attention(heads, kvHeads, headDim, 1, 0), q, k, v);
        int o = b.add(new Op.Linear(TestBlocks.random(DType.F16, (long) heads * headDim, width, 4), null), a);
        int x = b.add(new Op.RmsNorm(gain, 1e-5f, width), o);
        int f = b.add(
                new Op.GatedFfn(
                        TestBlocks.random(DType.F16, width, width, 5),
                        TestBlocks.random(DType.Q8_0, width, width, 6),
                        TestBlocks.random(DType.F16, width, width, 7),
                        Activation.SILU),
                x);
        int y = b.add(new Op.RmsNorm(gain, 1e-5f, width), f);
        int sum = b.add(new Op.Add(width), f, y);
        b.add(new Op.Add(width), sum, b.input());
        return b.build();
    }

    private static Layer head() {
        LayerBuilder b = new LayerBuilder("head", Layer.Kind.HEAD, 32);
        int logits = b.add(new Op.Linear(TestBlocks.random(DType.F16, 32, 16, 1), null), b.input());
        b.add(new Op.ArgMax(16), logits);
        return b.build();
    }
}
