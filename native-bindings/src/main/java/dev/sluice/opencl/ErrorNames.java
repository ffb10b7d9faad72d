package dev.sluice.opencl;

/** The names of the OpenCL status codes, the core's and the Khronos extensions'. */
final class ErrorNames {
    private ErrorNames() {}

    /** The name of a code, or {@code unknown OpenCL error}. */
    static String of(int code) {
        return switch (code) {
            case 0 -> "CL_SUCCESS";
            case -1 -> "CL_DEVICE_NOT_FOUND";
            case -2 -> "CL_DEVICE_NOT_AVAILABLE";
            case -3 -> "CL_COMPILER_NOT_AVAILABLE";
            case -4 -> "CL_MEM_OBJECT_ALLOCATION_FAILURE";
            case -5 -> "CL_OUT_OF_RESOURCES";
            case -6 -> "CL_OUT_OF_HOST_MEMORY";
            case -7 -> "CL_PROFILING_INFO_NOT_AVAILABLE";
            case -8 -> "CL_MEM_COPY_OVERLAP";
            case -9 -> "CL_IMAGE_FORMAT_MISMATCH";
            case -10 -> "CL_IMAGE_FORMAT_NOT_SUPPORTED";
            case -11 -> "CL_BUILD_PROGRAM_FAILURE";
            case -12 -> "CL_MAP_FAILURE";
            case -13 -> "CL_MISALIGNED_SUB_BUFFER_OFFSET";
            case -14 -> "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST";
            case -15 -> "CL_COMPILE_PROGRAM_FAILURE";
            case -16 -> "CL_LINKER_NOT_AVAILABLE";
            case -17 -> "CL_LINK_PROGRAM_FAILURE";
            case -18 -> "CL_DEVICE_PARTITION_FAILED";
            case -19 -> "CL_KERNEL_ARG_INFO_NOT_AVAILABLE";
            case -30 -> "CL_INVALID_VALUE";
            case -31 -> "CL_INVALID_DEVICE_TYPE";
            case -32 -> "CL_INVALID_PLATFORM";
            case -33 -> "CL_INVALID_DEVICE";
            case -34 -> "CL_INVALID_CONTEXT";
            case -35 -> "CL_INVALID_QUEUE_PROPERTIES";
            case -36 -> "CL_INVALID_COMMAND_QUEUE";
            case -37 -> "CL_INVALID_HOST_PTR";
            case -38 -> "CL_INVALID_MEM_OBJECT";
            case -39 -> "CL_INVALID_IMAGE_FORMAT_DESCRIPTOR";
            case -40 -> "CL_INVALID_IMAGE_SIZE";
            case -41 -> "CL_INVALID_SAMPLER";
            case -42 -> "CL_INVALID_BINARY";
            case -43 -> "CL_INVALID_BUILD_OPTIONS";
            case -44 -> "CL_INVALID_PROGRAM";
            case -45 -> "CL_INVALID_PROGRAM_EXECUTABLE";
            case -46 -> "CL_INVALID_KERNEL_NAME";
            case -47 -> "CL_INVALID_KERNEL_DEFINITION";
            case -48 -> "CL_INVALID_KERNEL";
            case -49 -> "CL_INVALID_ARG_INDEX";
            case -50 -> "CL_INVALID_ARG_VALUE";
            case -51 -> "CL_INVALID_ARG_SIZE";
            case -52 -> "CL_INVALID_KERNEL_ARGS";
            case -53 -> "CL_INVALID_WORK_DIMENSION";
            case -54 -> "CL_INVALID_WORK_GROUP_SIZE";
            case -55 -> "CL_INVALID_WORK_ITEM_SIZE";
            case -56 -> "CL_INVALID_GLOBAL_OFFSET";
            case -57 -> "CL_INVALID_EVENT_WAIT_LIST";
            case -58 -> "CL_INVALID_EVENT";
            case -59 -> "CL_INVALID_OPERATION";
            case -60 -> "CL_INVALID_GL_OBJECT";
            case -61 -> "CL_INVALID_BUFFER_SIZE";
            case -62 -> "CL_INVALID_MIP_LEVEL";
            case -63 -> "CL_INVALID_GLOBAL_WORK_SIZE";
            case -64 -> "CL_INVALID_PROPERTY";
            case -65 -> "CL_INVALID_IMAGE_DESCRIPTOR";
            case -66 -> "CL_INVALID_COMPILER_OPTIONS";
            case -67 -> "CL_INVALID_LINKER_OPTIONS";
            case -68 -> "CL_INVALID_DEVICE_PARTITION_COUNT";
            case -69 -> "CL_INVALID_PIPE_SIZE";
            case -70 -> "CL_INVALID_DEVICE_QUEUE";
            case -71 -> "CL_INVALID_SPEC_ID";
            case -72 -> "CL_MAX_SIZE_RESTRICTION_EXCEEDED";
            case -1000 -> "CL_INVALID_GL_SHAREGROUP_REFERENCE_KHR";
            case -1001 -> "CL_PLATFORM_NOT_FOUND_KHR";
            case -1057 -> "CL_DEVICE_PARTITION_FAILED_EXT";
            case -1058 -> "CL_INVALID_PARTITION_COUNT_EXT";
            case -1059 -> "CL_INVALID_PARTITION_NAME_EXT";
            case -1092 -> "CL_EGL_RESOURCE_NOT_ACQUIRED_KHR";
            case -1093 -> "CL_INVALID_EGL_OBJECT_KHR";
            case -1094 -> "CL_INVALID_ACCELERATOR_INTEL";
            case -1095 -> "CL_INVALID_ACCELERATOR_TYPE_INTEL";
            case -1096 -> "CL_INVALID_ACCELERATOR_DESCRIPTOR_INTEL";
            case -1097 -> "CL_ACCELERATOR_TYPE_NOT_SUPPORTED_INTEL";
            case -1108 -> "CL_COMMAND_TERMINATED_ITSELF_WITH_FAILURE_ARM";
            case -1121 -> "CL_CONTEXT_TERMINATED_KHR";
            case -1126 -> "CL_CANCELLED_IMG";
            case -1127 -> "CL_PAGE_FAULT_IMG";
            case -1128 -> "CL_SAFETY_FAULT_IMG";
            case -1129 -> "CL_GENERAL_FAULT_IMG";
            case -1130 -> "CL_ECC_UNRECOVERED_IMG";
            case -1138 -> "CL_INVALID_COMMAND_BUFFER_KHR";
            case -1139 -> "CL_INVALID_SYNC_POINT_WAIT_LIST_KHR";
            case -1140 -> "CL_INCOMPATIBLE_COMMAND_QUEUE_KHR";
            case -1141 -> "CL_INVALID_MUTABLE_COMMAND_KHR";
            case -1142 -> "CL_INVALID_SEMAPHORE_KHR";
            default -> "unknown OpenCL error";
        };
    }
}
