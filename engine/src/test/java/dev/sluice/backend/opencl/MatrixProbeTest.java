package dev.sluice.backend.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.BuildOptions;
import dev.sluice.opencl.Context;
import dev.sluice.opencl.Device;
import dev.sluice.opencl.Kernel;
import dev.sluice.opencl.NDRange;
import dev.sluice.opencl.Program;
import dev.sluice.opencl.Queue;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntBinaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The probe of matrix units, and what the units' files say of their fragments, on devices that have none. */
class MatrixProbeTest {
    /** Maps of a unit's file, and what they are subtracted from to move elements. */
    private static final Map<String, String> MISTAKES = Map.of(
            "TOKEN_OF_HALF", "UNIT_TOKENS - 1",
            "TOKEN_COLUMN_OF_HALF", "15",
            "ROW_OF_HALF", "UNIT_ROWS - 1",
            "ROW_COLUMN_OF_HALF", "15",
            "TOKEN_OF_SUM", "UNIT_TOKENS - 1",
            "ROW_OF_SUM", "UNIT_ROWS - 1");

    /** The maps, in the order of {@link Fragments}' fields. */
    private static final String LAYOUT = """
            kernel void layout(global int *y) {
                for (int lane = 0; lane < UNIT_LANES; lane++) {
                    for (int i = 0; i < (int)sizeof(token_frag_t) / 2; i++) {
                        *y++ = 16 * TOKEN_OF_HALF(lane, i) + TOKEN_COLUMN_OF_HALF(lane, i);
                    }
                    for (int i = 0; i < (int)sizeof(row_frag_t) / 2; i++) {
                        *y++ = 16 * ROW_OF_HALF(lane, i) + ROW_COLUMN_OF_HALF(lane, i);
                    }
                    for (int i = 0; i < UNIT_SUMS; i++) {
                        *y++ = 16 * TOKEN_OF_SUM(lane, i) + ROW_OF_SUM(lane, i);
                    }
                }
            }
            """;

    /** One device will do, as the text is plain. */
    static Stream<Arguments> units() {
        return MatrixUnitTest.first()
                .flatMap(variant -> MatrixUnit.ALL.stream()
                        .map(unit -> Arguments.of(variant.info().id(), unit.capability())));
    }

    private static MatrixUnit emulated(Capability capability) {
        return capability.matrixUnit().orElseThrow().emulation();
    }

    private record Text(String label, String kernel, String standard, String text) implements ProgramSource {}

    /**
     * A program that takes the elements of a fragment to be elsewhere than they are: of the factors the stand-in for the unit does,
     * of the sums the kernel.
     */
    private static ProgramSource mistaken(ProgramSource right, String map, String from) {
        String text = right.text();
        String use = map + "(lane, i)";
        int first = map.endsWith("SUM") ? text.indexOf("\nkernel ") : text.indexOf("emulated(token_frag_t");
        String mistaken = text.substring(0, first) + text.substring(first).replace(use, "(" + from + " - " + use + ")");
        assertNotEquals(text, mistaken);
        return new Text(right.label(), right.kernel(), right.standard(), mistaken);
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("units")
    void theProbeTakesTheRightLayout(String id, Capability capability) {
        MatrixUnit unit = emulated(capability);
        Device device = OpenClBackend.find(id);
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device)) {
            assertTrue(MatrixProbe.works(context, queue, unit, MatrixProbe.program(unit)));
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("dev.sluice.backend.opencl.MatrixUnitTest#first")
    void theProbeNoticesEveryElementThatIsElsewhere(OpenClRuns.Variant variant) {
        MatrixUnit unit = emulated(Capability.PTX_MMA);
        ProgramSource right = MatrixProbe.program(unit);
        Device device = OpenClBackend.find(variant.info().id());
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device)) {
            MISTAKES.forEach((map, from) ->
                    assertFalse(MatrixProbe.works(context, queue, unit, mistaken(right, map, from)), map));
        }
    }

    /**
     * A unit's fragments as its maker specifies them.
     *
     * @param tokens 16 · row + column of the first factor, for a lane and a half
     * @param rows 16 · column + row of the second factor: weights are its columns
     * @param sums 16 · row + column of the result
     */
    private record Fragments(
            int lanes,
            int tokenHalves,
            IntBinaryOperator tokens,
            int rowHalves,
            IntBinaryOperator rows,
            int sumCount,
            IntBinaryOperator sums) {
        int[] all() {
            List<Integer> all = new ArrayList<>();
            for (int lane = 0; lane < lanes; lane++) {
                add(all, lane, tokenHalves, tokens);
                add(all, lane, rowHalves, rows);
                add(all, lane, sumCount, sums);
            }
            return all.stream().mapToInt(Integer::intValue).toArray();
        }

        private static void add(List<Integer> all, int lane, int count, IntBinaryOperator map) {
            for (int i = 0; i < count; i++) {
                all.add(map.applyAsInt(lane, i));
            }
        }
    }

    private static Fragments specified(Capability capability) {
        return switch (capability) {
            case PTX_MMA, PTX_MMA_K8 -> mma();
            case INTEL_MATRIX_8 ->
                // Eight 32-bit components, each two halves of the component's row; and two rows of the lane's column.
                new Fragments(
                        8,
                        16,
                        (l, i) -> 16 * (i >> 1) + 2 * l + (i & 1),
                        16,
                        (l, i) -> 16 * l + i,
                        8,
                        (l, i) -> 16 * i + l);
            case INTEL_MATRIX_16 ->
                // Eight 16-bit components, each a half of the component's row.
                new Fragments(16, 8, (l, i) -> 16 * i + l, 16, (l, i) -> 16 * l + i, 8, (l, i) -> 16 * i + l);
            case AMD_WMMA -> {
                // A lane has a whole row or column, and lanes 16 apart the same; sums of a lane are two rows apart.
                IntBinaryOperator whole = (l, i) -> 16 * (l & 15) + i;
                yield new Fragments(32, 16, whole, 16, whole, 8, (l, i) -> 16 * (2 * i + (l >> 4)) + (l & 15));
            }
            case AMD_WMMA_GFX12 -> {
                // Lanes 16 apart share a row or column, eight each; so do their sums.
                IntBinaryOperator half = (l, i) -> 16 * (l & 15) + (l >> 4 << 3) + i;
                yield new Fragments(32, 8, half, 8, half, 8, (l, i) -> 16 * ((l >> 4 << 3) + i) + (l & 15));
            }
            case AMD_MFMA -> {
                // Four lanes share a row or column, four each; so do their sums.
                IntBinaryOperator quarter = (l, i) -> 16 * (l & 15) + (l >> 4 << 2) + i;
                yield new Fragments(64, 4, quarter, 4, quarter, 4, (l, i) -> 16 * ((l >> 4 << 2) + i) + (l & 15));
            }
            default -> throw new IllegalArgumentException(capability.label());
        };
    }

    /** The formulas of the PTX ISA for mma.m16n8k16 with .f16. */
    private static Fragments mma() {
        IntBinaryOperator a = (lane, i) -> {
            int group = lane >> 2;
            int row = i < 2 || (i >= 4 && i < 6) ? group : group + 8;
            int column = lane % 4 * 2 + (i & 1) + (i < 4 ? 0 : 8);
            return 16 * row + column;
        };
        IntBinaryOperator b = (lane, i) -> {
            int row = lane % 4 * 2 + (i & 1) + (i < 2 ? 0 : 8);
            int column = lane >> 2;
            return 16 * column + row;
        };
        IntBinaryOperator c = (lane, i) -> {
            int group = lane >> 2;
            int row = i < 2 ? group : group + 8;
            int column = lane % 4 * 2 + (i & 1);
            return 16 * row + column;
        };
        return new Fragments(32, 8, a, 4, b, 4, c);
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("units")
    void fragmentsAreAsSpecified(String id, Capability capability) {
        MatrixUnit unit = emulated(capability);
        int[] expected = specified(capability).all();
        int[] actual = new int[expected.length];
        Device device = OpenClBackend.find(id);
        String text = MatrixProbe.program(unit).text() + LAYOUT;
        try (Context context = Context.create(device);
                Queue queue = context.newQueue(device);
                Program program = context.build(text, BuildOptions.none());
                Kernel kernel = program.kernel("layout");
                Buffer y = context.newBuffer(4L * actual.length)) {
            kernel.args().buffer(y);
            queue.launch(kernel, NDRange.of(1));
            queue.read(y, 0, MemorySegment.ofArray(actual));
        }
        assertArrayEquals(expected, actual);
        assertEquals(unit.lanes(), specified(capability).lanes());
    }
}
