package dev.sluice;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.plan.DeviceCatalog;
import java.nio.file.Path;
import java.util.List;

/**
 * The front door: loads a model and lists devices.
 *
 * {@snippet :
 * try (Model model = Sluice.load(Path.of("SmolLM2-135M-Instruct.Q4_1.gguf"), LoadOptions.DEFAULT);
 *         Session session = model.newSession()) {
 *     session.generate("The capital of France is", GenerateOptions.DEFAULT, System.out::print);
 * }
 * }
 *
 * <p>The JVM needs {@code --enable-native-access=dev.sluice.bindings} (or {@code ALL-UNNAMED} on the class path) for
 * OpenCL and machine code. Where the CPU has no AVX2, and for packed weights with {@code Precision.EXACT}, speed needs
 * {@code --add-modules jdk.incubator.vector} too; without it these run on a scalar path, and the log says so once.
 */
public final class Sluice {
    private Sluice() {}

    /**
     * Loads a model file: maps it, checks it, and brings its weights to the device.
     *
     * @param path a GGUF file, or the first part of a split one
     * @throws dev.sluice.error.SluiceException if the file is missing, damaged or not supported, if no device matches,
     *     or if the model does not fit; the message says what would mend it
     */
    public static Model load(Path path, LoadOptions options) {
        return Model.load(path, options);
    }

    /** The devices that a model can be loaded to. */
    public static List<DeviceInfo> devices() {
        return DeviceCatalog.discover().devices();
    }
}
