package dev.sluice.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.sluice.simulate.Simulation;
import java.util.List;

/** Machines as JSON files: those that come with Sluice and the user's own. */
public final class HardwareFiles {
    private static final List<String> NAMES = List.of("rtx-4090", "two-gpus", "h100", "laptop");

    private HardwareFiles() {}

    /** The names of those that come with Sluice. */
    public static List<String> names() {
        return NAMES;
    }

    /**
     * Reads a machine.
     *
     * @param name a file, or one of {@link #names()}
     * @throws dev.sluice.error.SluiceException if there is none, or a field is missing, unknown or out of range
     */
    public static Hardware read(String name) {
        return Shipped.read("--hardware", "hardware", NAMES, name, ProfileJson::hardware);
    }

    /**
     * Reads the simulated devices of a machine.
     *
     * @param name as for {@link #read}
     * @throws dev.sluice.error.SluiceException as {@link #read} does, and if there is none
     */
    public static List<Simulation> simulations(String name) {
        return Shipped.read("--hardware", "hardware", NAMES, name, SimulationJson::machine);
    }

    /** A machine as the text of such a file. */
    public static String write(Hardware hardware) {
        ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        try {
            return mapper.writeValueAsString(ProfileJson.write(hardware, mapper)) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
