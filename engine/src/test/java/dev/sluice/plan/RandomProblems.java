package dev.sluice.plan;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.KvType;
import dev.sluice.graph.Layer;
import dev.sluice.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Small machines and models of all kinds, so that every limit binds in some of them. */
final class RandomProblems {
    private final Random random;

    RandomProblems(long seed) {
        random = new Random(seed);
    }

    Problem next() {
        ModelShape model = model();
        double scale = model.weightBytes();
        int devices = 1 + random.nextInt(3);
        List<DeviceProfile> all = new ArrayList<>();
        for (int d = 0; d < devices; d++) {
            all.add(device(d, scale));
        }
        HostProfile host = new HostProfile(
                (long) (scale * (0.8 + 2 * random.nextDouble())) + 4000,
                scale * (2 + 20 * random.nextDouble()),
                random.nextInt(3) == 0 ? 0 : scale * random.nextDouble() + 1);
        PlanRequest request = PlanRequest.DEFAULT
                .withContext(16)
                .withPromptTokens(4)
                .withHostShare(0)
                .withSlots(2 + random.nextInt(2))
                .withKv(KvType.F16)
                .withBatch(1 + random.nextInt(6))
                .withObjective(random.nextBoolean() ? Objective.LATENCY : Objective.THROUGHPUT);
        return new Problem(model, new Hardware("random", "test", host, all), request);
    }

    private ModelShape model() {
        boolean mixture = random.nextInt(3) == 0;
        int blocks = mixture ? 1 + random.nextInt(3) : (random.nextInt(4) == 0 ? random.nextInt(7) : random.nextInt(5));
        boolean equal = mixture || random.nextBoolean();
        boolean tied = random.nextInt(3) == 0;
        WeightPart table = WeightPart.of(DType.F32, 256L * (1 + random.nextInt(20)));
        List<LayerShape> layers = new ArrayList<>();
        layers.add(new LayerShape("embedding", Layer.Kind.EMBEDDING, List.of(table), 0, 0, null, null, 8));
        LayerShape block = block(mixture);
        for (int i = 0; i < blocks; i++) {
            layers.add((equal ? block : block(mixture)).named("block " + i));
        }
        WeightPart head = tied ? table : WeightPart.of(DType.F32, 256L * (1 + random.nextInt(20)));
        layers.add(new LayerShape("head", Layer.Kind.HEAD, List.of(head), 32, tied ? table.bytes() : 0, null, null, 8));
        return new ModelShape("random", "test", 8, 16, 64, layers);
    }

    private LayerShape block(boolean mixture) {
        return new LayerShape(
                "",
                Layer.Kind.BLOCK,
                List.of(WeightPart.of(DType.F32, 256L * (1 + random.nextInt(10)))),
                64,
                0,
                mixture
                        ? new ExpertShape(
                                4, 1 + random.nextInt(3), WeightPart.of(DType.F32, 256L * (1 + random.nextInt(4))))
                        : null,
                new AttentionShape(1, 4, random.nextInt(2) * 8, 16),
                32);
    }

    private DeviceProfile device(int d, double scale) {
        boolean cpu = d == 0 && random.nextBoolean();
        boolean hostMemory = cpu || random.nextInt(6) == 0;
        double speed = scale * (1 + 10 * random.nextDouble()) * (cpu ? 0.5 : 5);
        double hop = random.nextDouble() * 0.002;
        return new DeviceProfile(
                cpu ? "cpu" : "opencl:" + d,
                "random",
                cpu || (hostMemory && random.nextBoolean()) ? DeviceInfo.Kind.CPU : DeviceInfo.Kind.GPU,
                (long) (scale * (0.1 + (random.nextBoolean() ? 0.6 : 1.5) * random.nextDouble())) + 1500,
                random.nextInt(5) == 0 ? 1 + (long) (scale / 4) : (long) (2 * scale),
                hostMemory,
                Map.of(
                        DeviceProfile.ANY,
                        new FormatRate(
                                List.of(new RatePoint(1, speed), new RatePoint(4, speed * (0.5 + random.nextDouble()))),
                                speed * (0.25 + 3 * random.nextDouble()))),
                Map.of(),
                0,
                speed,
                speed,
                cpu || random.nextInt(5) == 0 ? null : LinkProfile.of(scale * Math.exp(3 * random.nextDouble() - 1)),
                random.nextDouble() * 0.002,
                hop,
                hop + random.nextDouble() * 0.002);
    }
}
