package dev.sluice.backend.opencl;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CacheFolder;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.Precision;
import dev.sluice.error.SluiceException;
import dev.sluice.opencl.ClException;
import dev.sluice.opencl.DeviceType;
import dev.sluice.opencl.OpenCl;
import dev.sluice.opencl.Platform;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The OpenCL devices of all platforms, numbered in the order in which the platforms name them. */
public final class OpenClBackend implements Backend {
    private static final String INSTALL =
            "install your GPU's OpenCL driver, or run scripts/install-opencl-cpu for a runtime on the CPU";
    private static final List<String> EXTENSIONS = List.of(
            "cl_khr_command_buffer",
            "cl_khr_il_program",
            "cl_intel_subgroups",
            "cl_intel_subgroup_matrix_multiply_accumulate",
            "cl_nv_device_attribute_query",
            "cl_amd_device_attribute_query",
            "cl_qcom_reqd_sub_group_size",
            "cl_arm_integer_dot_product_int8");

    @Override
    public String name() {
        return "opencl";
    }

    @Override
    public Discovery discover() {
        List<dev.sluice.opencl.Device> found = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        look(found, notes);
        List<DeviceInfo> devices = new ArrayList<>();
        for (int i = 0; i < found.size(); i++) {
            devices.add(describe("opencl:" + i, found.get(i)));
        }
        return new Discovery(devices, notes);
    }

    /** Finds the devices; says what is missing. */
    private static void look(List<dev.sluice.opencl.Device> devices, List<String> notes) {
        switch (OpenCl.load()) {
            case OpenCl.Unavailable none ->
                notes.add("No OpenCL: " + none.reason() + ". To get it, " + INSTALL + "; " + OpenCl.LIBRARY_VARIABLE
                        + " may name the library's file.");
            case OpenCl.Available opencl -> {
                try {
                    List<Platform> platforms = opencl.platforms();
                    for (Platform platform : platforms) {
                        List<dev.sluice.opencl.Device> its = platform.devices();
                        if (its.isEmpty()) {
                            notes.add("The OpenCL platform " + platform.info().name() + " has no device.");
                        }
                        devices.addAll(its);
                    }
                    if (platforms.isEmpty()) {
                        notes.add("The OpenCL library " + opencl.library() + " knows no platform: " + INSTALL
                                + " (a directory of .icd files in OCL_ICD_VENDORS is used instead of the system's).");
                    } else if (devices.isEmpty()) {
                        notes.add("OpenCL has no device: " + INSTALL + ".");
                    }
                } catch (ClException e) {
                    notes.add("The OpenCL library " + opencl.library() + " fails: " + e.getMessage() + "; " + INSTALL
                            + ".");
                }
            }
        }
    }

    private DeviceInfo describe(String id, dev.sluice.opencl.Device device) {
        dev.sluice.opencl.DeviceInfo d = device.info();
        Map<String, String> details = new LinkedHashMap<>();
        details.put("driver", d.driverVersion());
        details.put("version", d.version());
        details.put("compute units", String.valueOf(d.computeUnits()));
        details.put("local memory", d.localMemory() / 1024 + " KiB");
        details.put("fp16", yes(d.fp16()));
        details.put("sub-groups", yes(d.subGroups()));
        details.put(
                "integer dot product",
                d.integerDotProduct().accelerated()
                        ? "accelerated"
                        : yes(d.integerDotProduct().packed()));
        String extensions = EXTENSIONS.stream().filter(d::hasExtension).collect(Collectors.joining(", "));
        if (!extensions.isEmpty()) {
            details.put("extensions", extensions);
        }
        details.put(
                "found by trying",
                ProbeProcess.known(device)
                        .map(Capabilities::labels)
                        .orElse("not tried yet; a model's first use of the device does"));
        return new DeviceInfo(
                id,
                name(),
                kind(d.type()),
                d.name().strip(),
                device.platform().info().name().strip(),
                d.globalMemory(),
                d.maxAllocation(),
                details);
    }

    private static DeviceInfo.Kind kind(DeviceType type) {
        return switch (type) {
            case CPU -> DeviceInfo.Kind.CPU;
            case GPU -> DeviceInfo.Kind.GPU;
            default -> DeviceInfo.Kind.ACCELERATOR;
        };
    }

    private static String yes(boolean there) {
        return there ? "yes" : "no";
    }

    @Override
    public Device open(DeviceInfo info, DeviceOptions options) {
        dev.sluice.opencl.Device device = find(info.id());
        // Exact products are computed in floats, which all devices can.
        boolean exact = options.precision() == Precision.EXACT;
        Set<Capability> allowed = exact ? Set.of() : Capabilities.allowed(ProbeProcess.capabilities(info.id(), device));
        DeviceTuning tuning = DeviceTuning.of(device.info(), allowed);
        // What kernels are made of, which is what is measured.
        Set<Capability> capabilities = allowed.stream()
                .filter(capability -> capability != Capability.COMMAND_BUFFERS)
                .collect(Collectors.toUnmodifiableSet());
        KnobLimits limits = new KnobLimits(device.info(), capabilities, !exact, tuning);
        TuningTable shipped = ShippedTuning.of(
                device.platform().info().name(),
                device.info().nativeVectorWidths().floats(),
                tuning.vectors().dot());
        Tunings tunings = Tunings.of(limits, shipped, TuningStore.of(CacheFolder.ofUser(), device, limits));
        return new OpenClDevice(info, device, options, tunings, ProgramCache.ofUser());
    }

    /** The device of an id. */
    static dev.sluice.opencl.Device find(String id) {
        List<dev.sluice.opencl.Device> devices = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        look(devices, notes);
        for (int i = 0; i < devices.size(); i++) {
            if (id.equals("opencl:" + i)) {
                return devices.get(i);
            }
        }
        throw new SluiceException("There is no OpenCL device " + id + " (any more). " + String.join(" ", notes));
    }
}
