package dev.sluice.backend.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What was found is kept, and what is kept is checked. */
class TuningStoreTest {
    private static final TuneKey KEY = TuneKey.general(DType.Q4_1, Phase.MANY);
    private static final TuningTable TABLE = new TuningTable(Map.of(
            KEY.text(),
            new TuningTable.Choice(Map.of(Knob.TOKENS, 8, Knob.VECTOR_DOT, 0), 1.25, "abc"),
            "q4_1 64x96 norm, one",
            new TuningTable.Choice(Map.of(), 1, "abc")));

    /** Bytes of the line that says what the file is. */
    private static final int FIRST_LINE = 16;

    @TempDir
    Path folder;

    static Stream<OpenClRuns.Variant> variants() {
        return OpenClRuns.variants().filter(variant -> variant.shape().equals("wide"));
    }

    private TuningStore store(OpenClRuns.Variant variant, Set<Capability> capabilities) {
        dev.sluice.opencl.Device device = OpenClBackend.find(variant.info().id());
        DeviceTuning base = DeviceTuning.of(device.info(), capabilities);
        return TuningStore.of(folder, device, new KnobLimits(device.info(), capabilities, true, base));
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void aTableComesBackAsItWas(OpenClRuns.Variant variant) {
        TuningStore store = store(variant, Set.of());
        assertEquals(TuningTable.EMPTY, store.load());
        store.keep(TABLE);
        assertEquals(TABLE, store.load());
        assertEquals(TABLE, store(variant, Set.of()).load());
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void whatMayBeUsedOfADeviceHasAFileOfItsOwn(OpenClRuns.Variant variant) {
        assertNotEquals(
                store(variant, Set.of()).file(),
                store(variant, Set.of(Capability.X86_VNNI)).file());
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void aDamagedFileIsIgnoredAndWrittenAnew(OpenClRuns.Variant variant) throws IOException {
        TuningStore store = store(variant, Set.of());
        store.keep(TABLE);
        byte[] whole = Files.readAllBytes(store.file());
        String text = Files.readString(store.file());
        for (int length : new int[] {0, 1, FIRST_LINE - 2, text.lastIndexOf(';'), text.lastIndexOf(':')}) {
            Files.write(store.file(), Arrays.copyOf(whole, length));
            assertEquals(TuningTable.EMPTY, store.load(), length + " bytes");
        }
        byte[] noText = whole.clone();
        noText[whole.length / 2] = (byte) 0xff;
        Files.write(store.file(), noText);
        assertEquals(TuningTable.EMPTY, store.load());
        store.keep(TABLE);
        assertEquals(TABLE, store.load());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "sluice tuning 2",
                "sluice tuning 1\n\n",
                "sluice tuning 1\nq4_1, many",
                "sluice tuning 1\nq4_1, many: tokens 8",
                "sluice tuning 1\n: tokens 8; 1; any",
                "sluice tuning 1\nq4_1, many: tokens 7; 1; any",
                "sluice tuning 1\nq4_1, many: tokens many; 1; any",
                "sluice tuning 1\nq4_1, many: tokens; 1; any",
                "sluice tuning 1\nq4_1, many: tokens 8 12; 1; any",
                "sluice tuning 1\nq4_1, many: rooks 8; 1; any",
                "sluice tuning 1\nq4_1, many: tokens 8; fast; any"
            })
    void aFileOfAnotherKindIsRefused(String text) {
        assertThrows(IOException.class, () -> TuningFile.read(text.lines().toList()));
    }

    @Test
    void whatWasMeasuredWithOtherKernelsIsNotFound() {
        assertTrue(TABLE.find(KEY, () -> "abc").isPresent());
        assertEquals(Optional.empty(), TABLE.find(KEY, () -> "abd"));
    }

    @Test
    void valuesThatADeviceDoesNotAllowAreLeftOut() {
        dev.sluice.opencl.DeviceInfo info =
                Objects.requireNonNull(AbsentGpus.all().get("amd"));
        Set<Capability> capabilities = Set.of(Capability.AMD_DOT4);
        DeviceTuning base = DeviceTuning.of(info, capabilities);
        assertEquals(PlaneTuning.Dot.AMD, base.planes().dot());
        int bytes = Knob.ARITHMETIC.parse("bytes");
        TuningTable.Choice choice = new TuningTable.Choice(
                Map.of(Knob.ROW_ITEMS, 16, Knob.QUADS, 8, Knob.DOT, Knob.DOT.parse("ptx"), Knob.ARITHMETIC, bytes),
                2,
                "");
        PlaneTuning rounding = choice.applied(base, new KnobLimits(info, capabilities, true, base))
                .planes();
        // 512 work-items are more than the device has in a group, and it is not NVIDIA's.
        assertEquals(new PlaneTuning(8, 8, 8, PlaneTuning.Arithmetic.BYTES, PlaneTuning.Dot.AMD, null), rounding);
        PlaneTuning exact = choice.applied(base, new KnobLimits(info, capabilities, false, base))
                .planes();
        assertEquals(PlaneTuning.Arithmetic.FLOATS, exact.arithmetic());
    }

    @Test
    void whatIsShippedIsReadAndTakenOnlyByDevicesOfItsKind() {
        TuningTable intel = ShippedTuning.of("Intel(R) OpenCL", 16, VectorDot.NONE);
        assertEquals(
                Map.of(Knob.TOKENS, 12),
                intel.find(KEY, () -> "any").orElseThrow().values());
        TuningTable rounding = ShippedTuning.of("Intel(R) OpenCL", 16, VectorDot.X86_VNNI_LLVM);
        assertTrue(rounding.choices().containsKey("q8_0, one"), rounding::toString);
        TuningTable pocl = ShippedTuning.of("Portable Computing Language", 16, VectorDot.X86_VNNI);
        assertTrue(pocl.choices().containsKey("q8_0, many"), pocl::toString);
        assertEquals(TuningTable.EMPTY, ShippedTuning.of("Intel(R) OpenCL", 8, VectorDot.NONE));
        assertEquals(TuningTable.EMPTY, ShippedTuning.of("Portable Computing Language", 16, VectorDot.NONE));
        assertEquals(TuningTable.EMPTY, ShippedTuning.of("Another", 16, VectorDot.X86_VNNI));
    }

    @Test
    void everyParameterWritesAndReadsItsValues() {
        for (Knob knob : Knob.values()) {
            for (int value : knob.candidates()) {
                assertEquals(value, knob.parse(knob.text(value)), knob.label());
            }
        }
    }
}
