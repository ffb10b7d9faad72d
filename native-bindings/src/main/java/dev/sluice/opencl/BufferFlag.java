package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;

/** How a buffer will be used. */
public enum BufferFlag {
    /** Kernels only read it. */
    READ_ONLY,
    /** Kernels only write it. */
    WRITE_ONLY,
    /** Where the host reaches it fast: pinned memory on a GPU, plain memory on a CPU. Meant for {@link Queue#map}. */
    HOST_ALLOCATED,
    /** The host neither reads, writes nor maps it. */
    NO_HOST_ACCESS;

    static long bits(BufferFlag... flags) {
        long bits = 0;
        for (BufferFlag flag : flags) {
            bits |= switch (flag) {
                case READ_ONLY -> CL.CL_MEM_READ_ONLY();
                case WRITE_ONLY -> CL.CL_MEM_WRITE_ONLY();
                case HOST_ALLOCATED -> CL.CL_MEM_ALLOC_HOST_PTR();
                case NO_HOST_ACCESS -> CL.CL_MEM_HOST_NO_ACCESS();
            };
        }
        long direction = CL.CL_MEM_READ_ONLY() | CL.CL_MEM_WRITE_ONLY();
        return (bits & direction) == 0 ? bits | CL.CL_MEM_READ_WRITE() : bits;
    }
}
