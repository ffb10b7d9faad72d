package dev.sluice.system;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Large native memory straight from the operating system. It is zero, and takes no room until it is written: {@link
 * Arena#allocate} would write all of it at once. Where the system has no {@code mmap} that is known here, the arena
 * allocates it.
 */
public final class PageMemory {
    /** Huge pages of x86-64 and of AArch64 with small pages; a start at such an address serves others as well. */
    private static final long HUGE_PAGE = 2L << 20;

    private static final @Nullable Native NATIVE = Native.find();

    private PageMemory() {}

    /**
     * Zeroed memory, freed when the arena is closed; aligned to 64 bytes at least.
     *
     * @throws OutOfMemoryError if there is none
     */
    public static MemorySegment allocate(Arena arena, long bytes) {
        return allocate(arena, bytes, false);
    }

    /**
     * As {@link #allocate}, in huge pages where the system grants them: for memory that is written as a whole and read
     * often. Fewer pages mean fewer faults while it is filled and fewer misses of the address cache afterwards.
     *
     * @throws OutOfMemoryError if there is none
     */
    public static MemorySegment allocateHuge(Arena arena, long bytes) {
        return allocate(arena, bytes, bytes >= HUGE_PAGE);
    }

    private static MemorySegment allocate(Arena arena, long bytes, boolean huge) {
        Native functions = NATIVE;
        if (functions == null || bytes == 0) {
            return arena.allocate(bytes, 64);
        }
        // Address space costs nothing, so the start is moved to where a huge page can begin.
        long mapped = huge ? Math.addExact(bytes, HUGE_PAGE) : bytes;
        MemorySegment pages = functions.map(mapped);
        MemorySegment owned = pages.reinterpret(mapped, arena, all -> functions.unmap(all.address(), mapped));
        if (!huge) {
            return owned;
        }
        long start = Math.ceilDiv(pages.address(), HUGE_PAGE) * HUGE_PAGE - pages.address();
        MemorySegment memory = owned.asSlice(start, bytes);
        PageAdvice.wantHugePages(memory); // where it is not followed, the memory is as good
        return memory;
    }

    /** The functions of the C library, on systems that have them. */
    private static final class Native {
        private static final int READ_WRITE = 3;
        private static final int PRIVATE = 2;

        private final MemorySegment mmap;
        private final MemorySegment munmap;

        private Native(MemorySegment mmap, MemorySegment munmap) {
            this.mmap = mmap;
            this.munmap = munmap;
        }

        static @Nullable Native find() {
            MemorySegment mmap = CLibrary.find("mmap");
            MemorySegment munmap = CLibrary.find("munmap");
            return CLibrary.anonymous() == 0 || mmap == null || munmap == null ? null : new Native(mmap, munmap);
        }

        MemorySegment map(long bytes) {
            long address =
                    CLibrary.address(mmap, 0, bytes, READ_WRITE, PRIVATE | CLibrary.anonymous(), -1, 0, new int[1]);
            if (address == -1) {
                throw new OutOfMemoryError("the system has no " + bytes + " bytes");
            }
            return MemorySegment.ofAddress(address);
        }

        void unmap(long address, long bytes) {
            if (CLibrary.status(munmap, address, bytes, 0, new int[1]) != 0) {
                throw new IllegalStateException("memory cannot be given back");
            }
        }
    }
}
