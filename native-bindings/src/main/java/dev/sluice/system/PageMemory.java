package dev.sluice.system;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
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

        private final MethodHandle mmap;
        private final MethodHandle munmap;
        private final int anonymous;

        private Native(MethodHandle mmap, MethodHandle munmap, int anonymous) {
            this.mmap = mmap;
            this.munmap = munmap;
            this.anonymous = anonymous;
        }

        @SuppressWarnings("restricted") // this module is the one that makes native calls
        static @Nullable Native find() {
            String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
            // MAP_ANONYMOUS differs among systems; where it is not known, nothing is tried.
            int anonymous = system.contains("linux") ? 0x20 : system.contains("mac") ? 0x1000 : 0;
            Linker linker = Linker.nativeLinker();
            SymbolLookup library = linker.defaultLookup();
            MemorySegment mmap = library.find("mmap").orElse(null);
            MemorySegment munmap = library.find("munmap").orElse(null);
            if (anonymous == 0 || mmap == null || munmap == null) {
                return null;
            }
            return new Native(
                    linker.downcallHandle(
                            mmap,
                            FunctionDescriptor.of(
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_LONG)),
                    linker.downcallHandle(
                            munmap,
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG)),
                    anonymous);
        }

        @SuppressWarnings("restricted")
        MemorySegment map(long bytes) {
            try {
                long address = (long) mmap.invokeExact(0L, bytes, READ_WRITE, PRIVATE | anonymous, -1, 0L);
                if (address == -1) {
                    throw new OutOfMemoryError("the system has no " + bytes + " bytes");
                }
                return MemorySegment.ofAddress(address);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new AssertionError("mmap throws nothing", e);
            }
        }

        void unmap(long address, long bytes) {
            try {
                if ((int) munmap.invokeExact(address, bytes) != 0) {
                    throw new IllegalStateException("memory cannot be given back");
                }
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new AssertionError("munmap throws nothing", e);
            }
        }
    }
}
