package dev.sluice.plan;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.backend.CacheFolder;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.error.SluiceException;
import dev.sluice.simulate.Simulation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Measured profiles, kept from run to run: one JSON file for each device in the user's cache folder, and one for each model that
 * devices were tried with. A device's
 * names and its driver's version are its key, and so is a hash of all kernels: with others it has no profile any more.
 */
public final class ProfileStore {
    private final Path folder;
    private final String kernels;

    /**
     * A store in a folder, which need not exist yet.
     *
     * @param kernels version of what is measured; other versions' profiles are not found
     */
    public ProfileStore(Path folder, String kernels) {
        this.folder = folder;
        this.kernels = kernels;
    }

    /** The user's own store. */
    public static ProfileStore ofUser() {
        return new ProfileStore(CacheFolder.ofUser().resolve("profiles"), KernelVersion.current());
    }

    /**
     * The profile of a device, if it was measured.
     *
     * @throws SluiceException if the file is damaged
     */
    public Optional<DeviceProfile> find(DeviceInfo device) {
        return read(file(device), ProfileJson::profile);
    }

    /** The profile of the host, if it was measured. */
    public Optional<HostProfile> findHost() {
        return read(hostFile(), ProfileJson::host);
    }

    /**
     * Keeps a device's profile.
     *
     * @throws SluiceException if it cannot be written
     */
    public void keep(DeviceInfo device, DeviceProfile profile) {
        ObjectMapper mapper = mapper();
        write(file(device), mapper, ProfileJson.write(profile, mapper));
    }

    /** Keeps the host's profile. */
    public void keepHost(HostProfile profile) {
        ObjectMapper mapper = mapper();
        write(hostFile(), mapper, ProfileJson.write(profile, mapper));
    }

    /**
     * Keeps how fast devices were when they were tried with a model, in place of what an earlier trial with as many sequences found.
     *
     * @param identity of the model
     * @param devices those that were tried
     */
    public void keepTrial(String identity, List<DeviceInfo> devices, Trial trial) {
        ObjectMapper mapper = mapper();
        write(trialFile(identity, trial.sequences()), mapper, TrialJson.write(trial, keys(devices), mapper));
    }

    /**
     * What is known of devices that were tried with a model; {@link Trial#NONE} if they were not, or are others since.
     *
     * @param identity of the model
     * @param devices that are asked about
     * @throws SluiceException if the file is damaged
     */
    public Trial trial(String identity, int sequences, List<DeviceInfo> devices) {
        return read(trialFile(identity, sequences), in -> TrialJson.read(in, keys(devices)))
                .orElse(Trial.NONE);
    }

    /**
     * This machine, from the profiles of its devices.
     *
     * @param devices that may be used, one at least
     * @throws SluiceException if one of them has not been measured
     */
    public Hardware hardware(List<DeviceInfo> devices) {
        List<DeviceProfile> profiles = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (DeviceInfo device : devices) {
            find(device).ifPresentOrElse(profiles::add, () -> missing.add(device.id()));
        }
        Optional<HostProfile> host = findHost();
        if (host.isEmpty()) {
            missing.add("the host's memory");
        }
        if (!missing.isEmpty()) {
            throw new SluiceException("there is no profile of " + String.join(", ", missing) + " for this driver and"
                    + " these kernels; 'sluice plan --measure' and 'sluice calibrate', each with --model and --device, measure what"
                    + " is missing; 'sluice plan --hardware' plans for a machine that is described in a file (shipped are "
                    + String.join(", ", HardwareFiles.names()) + ")");
        }
        return new Hardware("this machine", "measured", host.orElseThrow(), profiles);
    }

    private <T> Optional<T> read(Path file, Function<JsonFields, T> read) {
        return Files.isRegularFile(file) ? Optional.of(JsonFields.read(file, read)) : Optional.empty();
    }

    /** Written beside and moved, so that nobody reads half a file. */
    private static void write(Path file, ObjectMapper mapper, ObjectNode profile) {
        try {
            Files.createDirectories(file.getParent());
            Path whole = Files.createTempFile(file.getParent(), "profile", ".tmp");
            Files.writeString(whole, mapper.writeValueAsString(profile) + "\n");
            Files.move(whole, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new SluiceException("the profile " + file + " cannot be written: " + e, e);
        }
    }

    private static ObjectMapper mapper() {
        return new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    }

    private Path hostFile() {
        return folder.resolve("host-" + hash(kernels) + ".json");
    }

    private Path trialFile(String identity, int sequences) {
        return folder.resolve("trial-" + identity + "-" + sequences + "-" + hash(kernels) + ".json");
    }

    private Path file(DeviceInfo device) {
        return folder.resolve(device.id().replaceAll("[^A-Za-z0-9]", "-") + "-" + key(device) + ".json");
    }

    private Map<String, String> keys(List<DeviceInfo> devices) {
        Map<String, String> keys = new TreeMap<>();
        devices.forEach(device -> keys.put(device.id(), key(device)));
        return keys;
    }

    /** Differs for what another device, driver or kernel is measured at. */
    private String key(DeviceInfo device) {
        // Other details may change from run to run, such as what was found out about the device.
        List<String> parts = List.of(
                kernels,
                device.id(),
                device.name(),
                device.platform(),
                device.details().getOrDefault("driver", ""),
                device.details().getOrDefault("version", ""),
                device.details().getOrDefault(Simulation.SIMULATED_ON, ""));
        return hash(String.join("\n", parts));
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
