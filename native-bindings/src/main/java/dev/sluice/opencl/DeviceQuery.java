package dev.sluice.opencl;

import dev.sluice.opencl.DeviceInfo.IntegerDotProduct;
import dev.sluice.opencl.DeviceInfo.VectorWidths;
import dev.sluice.opencl.ffi.CL;
import dev.sluice.opencl.ffi.cl_device_integer_dot_product_acceleration_properties_khr;
import dev.sluice.opencl.ffi.cl_device_pci_bus_info_khr;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Asks a device for its {@link DeviceInfo}. */
final class DeviceQuery {
    private static final Pattern BLANKS = Pattern.compile("\\s+");

    private final Info query;
    private final Set<String> extensions;
    private final ClVersion version;

    private DeviceQuery(Info query) {
        this.query = query;
        this.extensions = BLANKS.splitAsStream(query.string(CL.CL_DEVICE_EXTENSIONS()))
                .filter(extension -> !extension.isEmpty())
                .collect(Collectors.toUnmodifiableSet());
        this.version = ClVersion.parse(query.string(CL.CL_DEVICE_VERSION()));
    }

    static Info of(MemorySegment device) {
        return new Info(
                "clGetDeviceInfo",
                (parameter, size, value, returned) -> CL.clGetDeviceInfo(device, parameter, size, value, returned));
    }

    static DeviceInfo info(MemorySegment device) {
        return new DeviceQuery(of(device)).info();
    }

    private DeviceInfo info() {
        return new DeviceInfo(
                query.string(CL.CL_DEVICE_NAME()),
                query.string(CL.CL_DEVICE_VENDOR()),
                type(query.int64(CL.CL_DEVICE_TYPE())),
                query.string(CL.CL_DEVICE_VERSION()),
                query.string(CL.CL_DRIVER_VERSION()),
                query.string(CL.CL_DEVICE_OPENCL_C_VERSION()),
                query.int32(CL.CL_DEVICE_MAX_COMPUTE_UNITS()),
                query.int32(CL.CL_DEVICE_MAX_CLOCK_FREQUENCY()),
                query.int64(CL.CL_DEVICE_GLOBAL_MEM_SIZE()),
                query.int64(CL.CL_DEVICE_MAX_MEM_ALLOC_SIZE()),
                query.int64(CL.CL_DEVICE_LOCAL_MEM_SIZE()),
                query.int32(CL.CL_DEVICE_LOCAL_MEM_TYPE()) == CL.CL_LOCAL(),
                query.int64(CL.CL_DEVICE_MAX_WORK_GROUP_SIZE()),
                Arrays.stream(query.int64s(CL.CL_DEVICE_MAX_WORK_ITEM_SIZES()))
                        .boxed()
                        .toList(),
                query.int64(CL.CL_DEVICE_MAX_PARAMETER_SIZE()),
                query.int64(CL.CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE()),
                query.int32(CL.CL_DEVICE_GLOBAL_MEM_CACHELINE_SIZE()),
                query.int64(CL.CL_DEVICE_GLOBAL_MEM_CACHE_SIZE()),
                query.int32(CL.CL_DEVICE_MEM_BASE_ADDR_ALIGN()) / Byte.SIZE,
                query.bool(CL.CL_DEVICE_HOST_UNIFIED_MEMORY()),
                new VectorWidths(
                        query.int32(CL.CL_DEVICE_PREFERRED_VECTOR_WIDTH_CHAR()),
                        query.int32(CL.CL_DEVICE_PREFERRED_VECTOR_WIDTH_SHORT()),
                        query.int32(CL.CL_DEVICE_PREFERRED_VECTOR_WIDTH_INT()),
                        query.int32(CL.CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT()),
                        query.int32(CL.CL_DEVICE_PREFERRED_VECTOR_WIDTH_HALF())),
                new VectorWidths(
                        query.int32(CL.CL_DEVICE_NATIVE_VECTOR_WIDTH_CHAR()),
                        query.int32(CL.CL_DEVICE_NATIVE_VECTOR_WIDTH_SHORT()),
                        query.int32(CL.CL_DEVICE_NATIVE_VECTOR_WIDTH_INT()),
                        query.int32(CL.CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT()),
                        query.int32(CL.CL_DEVICE_NATIVE_VECTOR_WIDTH_HALF())),
                extensions.contains("cl_khr_fp16"),
                extensions.contains("cl_khr_fp64"),
                (query.int64(CL.CL_DEVICE_SINGLE_FP_CONFIG()) & CL.CL_FP_FMA()) != 0,
                subGroups(),
                subGroupSizes(),
                integerDotProduct(),
                extensions.contains("cl_khr_command_buffer"),
                query.bool(CL.CL_DEVICE_COMPILER_AVAILABLE()),
                uuid(),
                pciAddress(),
                extensions);
    }

    private static DeviceType type(long bits) {
        if ((bits & CL.CL_DEVICE_TYPE_GPU()) != 0) {
            return DeviceType.GPU;
        }
        if ((bits & CL.CL_DEVICE_TYPE_CPU()) != 0) {
            return DeviceType.CPU;
        }
        return (bits & CL.CL_DEVICE_TYPE_ACCELERATOR()) != 0 ? DeviceType.ACCELERATOR : DeviceType.CUSTOM;
    }

    private boolean subGroups() {
        if (extensions.contains("cl_khr_subgroups") || extensions.contains("cl_intel_subgroups")) {
            return true;
        }
        // In the core since 2.1, optional again since 3.0, where 0 says that there are none.
        return version.atLeast(2, 1) && query.int32(CL.CL_DEVICE_MAX_NUM_SUB_GROUPS()) > 0;
    }

    private List<Integer> subGroupSizes() {
        if (!extensions.contains("cl_intel_required_subgroup_size")) {
            return List.of();
        }
        return Arrays.stream(query.int64s(CL.CL_DEVICE_SUB_GROUP_SIZES_INTEL()))
                .mapToObj(Math::toIntExact)
                .toList();
    }

    private IntegerDotProduct integerDotProduct() {
        if (!extensions.contains("cl_khr_integer_dot_product")) {
            return new IntegerDotProduct(false, false, false);
        }
        long capabilities = query.optionalInt64(CL.CL_DEVICE_INTEGER_DOT_PRODUCT_CAPABILITIES_KHR())
                .orElse(0);
        boolean packed = (capabilities & CL.CL_DEVICE_INTEGER_DOT_PRODUCT_INPUT_4x8BIT_PACKED_KHR()) != 0;
        boolean unpacked = (capabilities & CL.CL_DEVICE_INTEGER_DOT_PRODUCT_INPUT_4x8BIT_KHR()) != 0;
        return new IntegerDotProduct(unpacked, packed, packed && packedDotProductAccelerated());
    }

    /** The acceleration properties came with version 2 of the extension; without them nothing is known to be faster. */
    private boolean packedDotProductAccelerated() {
        try {
            byte[] properties =
                    query.bytes(CL.CL_DEVICE_INTEGER_DOT_PRODUCT_ACCELERATION_PROPERTIES_4x8BIT_PACKED_KHR());
            MemorySegment struct = MemorySegment.ofArray(Arrays.copyOf(
                    properties, Math.toIntExact(dotProductAcceleration().byteSize())));
            return struct.get(
                            ValueLayout.JAVA_INT_UNALIGNED,
                            cl_device_integer_dot_product_acceleration_properties_khr.signed_accelerated$offset())
                    != 0;
        } catch (ClException e) {
            if (e.code() == CL.CL_INVALID_VALUE()) {
                return false;
            }
            throw e;
        }
    }

    private static MemoryLayout dotProductAcceleration() {
        return cl_device_integer_dot_product_acceleration_properties_khr.layout();
    }

    private Optional<String> uuid() {
        return extensions.contains("cl_khr_device_uuid")
                ? Optional.of(HexFormat.of().formatHex(query.bytes(CL.CL_DEVICE_UUID_KHR())))
                : Optional.empty();
    }

    private Optional<String> pciAddress() {
        if (!extensions.contains("cl_khr_pci_bus_info")) {
            return Optional.empty();
        }
        byte[] bytes = query.bytes(CL.CL_DEVICE_PCI_BUS_INFO_KHR());
        ByteBuffer struct = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        return Optional.of("%04x:%02x:%02x.%x"
                .formatted(
                        struct.getInt((int) cl_device_pci_bus_info_khr.pci_domain$offset()),
                        struct.getInt((int) cl_device_pci_bus_info_khr.pci_bus$offset()),
                        struct.getInt((int) cl_device_pci_bus_info_khr.pci_device$offset()),
                        struct.getInt((int) cl_device_pci_bus_info_khr.pci_function$offset())));
    }
}
