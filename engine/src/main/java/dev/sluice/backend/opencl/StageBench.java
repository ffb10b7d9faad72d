package dev.sluice.backend.opencl;

import dev.sluice.error.SluiceException;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.ClException;
import dev.sluice.opencl.Queue;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Times a stage in different tunings on copies of what it reads, so many that together they exceed the caches: in a model a
 * stage finds its weights in memory, not in a cache.
 */
abstract class StageBench implements TuningSearch.Bench, AutoCloseable {
    /** Bytes of all copies together: above the last caches of today's CPUs and GPUs. */
    static final long WORKING_SET = 128L << 20;

    /** A shorter time is measured by repetition. */
    private static final double LEAST_NANOS = 2e6;
    /** A longer one is measured less often. */
    private static final double LONG_NANOS = 100e6;

    private static final int ROUNDS = 9;
    private static final int ROUNDS_OF_LONG = 5;
    private static final Logger LOG = LoggerFactory.getLogger(StageBench.class);

    final OpenClDevice device;
    private final DeviceTuning start;
    private final int[] tokens;
    private final List<Buffer> buffers = new ArrayList<>();
    private final Map<DeviceTuning, List<Stage>> made = new HashMap<>();
    private final Map<Integer, float[]> expected = new HashMap<>();
    private int repeats;
    private int rounds = ROUNDS;

    StageBench(OpenClDevice device, DeviceTuning start, int[] tokens) {
        this.device = device;
        this.start = start;
        this.tokens = tokens;
    }

    /** A stage for each copy. */
    abstract List<Stage> make(DeviceTuning tuning);

    /** A run of a copy's stage. */
    abstract Run run(Queue queue, int copy, int tokens);

    /** Fills what the stages read and may have written. */
    abstract void reset(Queue queue);

    /** Rows, each contiguous, of what a run wrote. */
    abstract Result result();

    /** The largest error, normalised mean squared, between the default and a candidate (docs/PRECISION.md). */
    abstract double limit(DeviceTuning candidate, int tokens);

    /** The programs of a tuning. */
    abstract Collection<ProgramSpec> programs(DeviceTuning tuning);

    /** Where a result is: rows so many floats apart, of so many floats. */
    record Result(Buffer buffer, int stride, int width) {}

    Buffer newBuffer(long bytes, String what) {
        Buffer buffer = device.newBuffer(bytes, what);
        buffers.add(buffer);
        return buffer;
    }

    /** Computes what candidates must agree with; called once, when the copies are there. */
    final void begin() {
        made.put(start, make(start));
        for (int count : tokens) {
            expected.put(count, compute(start, count));
        }
        repeats = 1;
        nanos(start);
        double once = nanos(start);
        repeats = (int) Math.clamp(Math.ceil(LEAST_NANOS / once), 1, 1000);
        rounds = once > LONG_NANOS ? ROUNDS_OF_LONG : ROUNDS;
    }

    @Override
    public void prepare(Collection<DeviceTuning> candidates) {
        Set<ProgramSpec> programs = new LinkedHashSet<>();
        candidates.forEach(candidate -> programs.addAll(programs(candidate)));
        try {
            device.programs().prepare(programs);
        } catch (SluiceException e) {
            LOG.debug("Not all variants can be compiled", e);
        }
    }

    @Override
    public boolean admits(DeviceTuning candidate) {
        if (made.containsKey(candidate)) {
            return true;
        }
        try {
            made.put(candidate, make(candidate));
            for (int count : tokens) {
                double error = error(Objects.requireNonNull(expected.get(count)), compute(candidate, count));
                if (!(error <= limit(candidate, count))) {
                    LOG.debug("{} computes something else: NMSE {} with {} tokens", candidate, error, count);
                    close(made.remove(candidate));
                    return false;
                }
            }
            return true;
        } catch (SluiceException | ClException e) {
            LOG.debug("{} cannot be used", candidate, e);
            close(made.remove(candidate));
            return false;
        }
    }

    private float[] compute(DeviceTuning tuning, int count) {
        Result result = result();
        float[] all = new float[result.stride() * count];
        device.exclusively(queue -> {
            reset(queue);
            stages(tuning).getFirst().submit(run(queue, 0, count));
            queue.read(result.buffer(), 0, MemorySegment.ofArray(all));
        });
        float[] rows = new float[result.width() * count];
        for (int row = 0; row < count; row++) {
            System.arraycopy(all, row * result.stride(), rows, row * result.width(), result.width());
        }
        return rows;
    }

    private static double error(float[] expected, float[] actual) {
        double error = 0;
        double power = 0;
        for (int i = 0; i < expected.length; i++) {
            double difference = (double) actual[i] - expected[i];
            error += difference * difference;
            power += (double) expected[i] * expected[i];
        }
        return error / Math.max(power, Double.MIN_NORMAL);
    }

    @Override
    public double nanos(DeviceTuning candidate) {
        List<Stage> stages = stages(candidate);
        long[] took = new long[1];
        device.exclusively(queue -> {
            queue.finish();
            long started = System.nanoTime();
            for (int repeat = 0; repeat < repeats; repeat++) {
                for (int copy = 0; copy < stages.size(); copy++) {
                    for (int count : tokens) {
                        stages.get(copy).submit(run(queue, copy, count));
                    }
                }
                queue.flush();
            }
            queue.finish();
            took[0] = System.nanoTime() - started;
        });
        return (double) took[0] / repeats;
    }

    private List<Stage> stages(DeviceTuning tuning) {
        return made.computeIfAbsent(tuning, this::make);
    }

    @Override
    public int rounds() {
        return rounds;
    }

    @Override
    public void keepOnly(Set<DeviceTuning> candidates) {
        for (DeviceTuning tuning : List.copyOf(made.keySet())) {
            if (!candidates.contains(tuning)) {
                close(made.remove(tuning));
            }
        }
    }

    /** Normally distributed numbers, the same each time. */
    static float[] random(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static void close(@org.jspecify.annotations.Nullable List<Stage> stages) {
        if (stages != null) {
            stages.forEach(Stage::close);
        }
    }

    @Override
    public void close() {
        made.values().forEach(StageBench::close);
        made.clear();
        buffers.forEach(device::free);
        buffers.clear();
    }
}
