package dev.sluice.backend.cpu;

import dev.sluice.backend.CpuKernels;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.Precision;
import dev.sluice.backend.cpu.asm.CpuFeatures;
import dev.sluice.backend.cpu.asm.Isa;
import dev.sluice.error.SluiceException;
import dev.sluice.system.MachineCode;
import org.jspecify.annotations.Nullable;

/** Decides which code computes: what was asked for, or the best that the machine, the JVM and the precision allow. */
final class KernelChoice {
    /** Names an instruction set to use instead of the best, for tests and measurements. */
    static final String ISA_PROPERTY = "sluice.cpu.isa";

    /** Set by the launcher, which leaves the Vector API out where machine code does without. */
    private static final String LAUNCHER_PROPERTY = "sluice.vector.api";

    private KernelChoice() {}

    /** The instruction set of machine code here, or why there is none. */
    private record Machine(
            @Nullable CpuFeatures features, @Nullable Isa isa, String refusal) {
        static final Machine FOUND = find();

        private static Machine find() {
            try {
                CpuFeatures features = CpuFeatures.detect();
                String named = System.getProperty(ISA_PROPERTY, "");
                for (Isa isa : Isa.values()) {
                    if (isa.runsOn(features) && (named.isEmpty() || named.equals(isa.name()))) {
                        return new Machine(features, isa, "");
                    }
                }
                return new Machine(
                        features,
                        null,
                        named.isEmpty()
                                ? "the processor has no AVX2"
                                : "-D" + ISA_PROPERTY + "=" + named + " is not here");
            } catch (MachineCode.Refused e) {
                return new Machine(null, null, String.valueOf(e.getMessage()));
            }
        }
    }

    /**
     * Makes the kernels that options ask for.
     *
     * @throws SluiceException if they cannot be had; the message says why, and what to use instead
     */
    static Kernels of(DeviceOptions options) {
        boolean exact = options.precision() == Precision.EXACT;
        return switch (options.cpuKernels()) {
            case SCALAR -> new ScalarKernels();
            case VECTOR -> {
                if (!vectors()) {
                    throw new SluiceException(
                            "The Vector API is not in this JVM: " + addVectors() + ", or use --cpu-kernels auto");
                }
                yield java("");
            }
            case MACHINE -> {
                try {
                    yield exact ? floats() : machine();
                } catch (MachineCode.Refused e) {
                    throw new SluiceException(
                            "--cpu-kernels machine: " + e.getMessage() + "; use --cpu-kernels vector", e);
                }
            }
            case AUTO -> {
                try {
                    yield exact ? floats() : machine();
                } catch (MachineCode.Refused e) {
                    if (!vectors() && leftOut()) {
                        throw new SluiceException(
                                "No machine code can be run (" + e.getMessage()
                                        + "), and the JVM was started without the Vector API: " + addVectors()
                                        + ", or use --cpu-kernels scalar",
                                e);
                    }
                    yield java(": " + e.getMessage());
                }
            }
        };
    }

    /** Kernels for one instruction set, whatever is the best. */
    static Kernels machine(Isa isa) throws MachineCode.Refused {
        return new MachineKernels(isa, floats());
    }

    private static Kernels machine() throws MachineCode.Refused {
        Isa isa = Machine.FOUND.isa();
        if (isa == null) {
            throw new MachineCode.Refused(Machine.FOUND.refusal());
        }
        return machine(isa);
    }

    /** Machine code that rounds no activations: products of matrices are left to Java. */
    private static Kernels floats() throws MachineCode.Refused {
        CpuFeatures features = Machine.FOUND.features();
        if (features == null) {
            throw new MachineCode.Refused(Machine.FOUND.refusal());
        }
        return FloatKernels.over(features, java(""));
    }

    /** For people: what runs where nothing is asked for. */
    static String description() {
        Isa isa = Machine.FOUND.isa();
        if (isa == null) {
            return java("").description();
        }
        return "machine code (" + isa.label() + ")" + (vectors() ? ", " + java("").description() : "");
    }

    /** What makes a JVM without the Vector API slow with these options, and what would mend it, or null if nothing does. */
    static @Nullable String slowness(DeviceOptions options) {
        if (vectors() || options.cpuKernels() == CpuKernels.SCALAR) {
            return null;
        }
        if (Machine.FOUND.isa() == null) {
            return "The CPU runs scalar code, many times slower than it could: " + addVectors();
        }
        return options.precision() == Precision.EXACT
                ? "Packed weights are multiplied by scalar code, many times slower than they could be: " + addVectors()
                : null;
    }

    private static String addVectors() {
        return leftOut() ? "set SLUICE_VECTOR_API=on" : "start java with --add-modules jdk.incubator.vector";
    }

    private static boolean leftOut() {
        return "off".equals(System.getProperty(LAUNCHER_PROPERTY));
    }

    /** Whether this JVM has the Vector API. */
    static boolean vectors() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    }

    private static Kernels java(String reason) {
        return vectors() ? VectorCode.kernels(reason) : new ScalarKernels();
    }

    /** Keeps the vector classes out of a JVM that has no Vector API. */
    private static final class VectorCode {
        static Kernels kernels(String reason) {
            return Lanes.bits() >= 128 ? new VectorKernels(reason) : new ScalarKernels();
        }
    }
}
