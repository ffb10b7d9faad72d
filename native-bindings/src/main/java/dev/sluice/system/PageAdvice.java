package dev.sluice.system;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Tells the operating system what will be done with mapped memory ({@code madvise}). Advice is never needed for a right
 * result: where the system takes none, giving it does nothing.
 */
public enum PageAdvice {
    /** It is read soon: bring it in. */
    WILL_NEED(3),
    /**
     * It is not read soon: its memory may go to others. For mapped files that were not written to, since the contents of
     * other memory would be lost.
     */
    DONT_NEED(4);

    private static final int HUGE_PAGES = 14;

    private static final @Nullable Native NATIVE = Native.find();

    private final int code;

    PageAdvice(int code) {
        this.code = code;
    }

    /** Whether this system takes advice. */
    public static boolean supported() {
        return NATIVE != null;
    }

    /**
     * Gives the advice for the pages that lie in a mapped segment as a whole.
     *
     * @return whether the system took it; false where it takes none or the segment has no whole page
     * @throws IllegalArgumentException if the segment is not mapped from a file, or mapped for writing
     */
    public boolean give(MemorySegment segment) {
        if (!segment.isMapped() || !segment.isReadOnly()) {
            throw new IllegalArgumentException("Page advice is for files that are mapped read-only");
        }
        return give(segment, code);
    }

    /** Asks for huge pages for the whole pages of writable memory; Linux alone knows the advice. */
    static boolean wantHugePages(MemorySegment segment) {
        return System.getProperty("os.name").startsWith("Linux") && give(segment, HUGE_PAGES);
    }

    private static boolean give(MemorySegment segment, int code) {
        Native functions = NATIVE;
        if (functions == null) {
            return false;
        }
        long page = functions.pageSize;
        long start = segment.address();
        long first = Math.ceilDiv(start, page) * page;
        long last = (start + segment.byteSize()) / page * page;
        if (last <= first) {
            return false;
        }
        return functions.advise(segment.asSlice(first - start, last - first), code);
    }

    /** The functions of the C library, on systems that have them. */
    private static final class Native {
        private final MemorySegment madvise;
        private final long pageSize;

        private Native(MemorySegment madvise, long pageSize) {
            this.madvise = madvise;
            this.pageSize = pageSize;
        }

        static @Nullable Native find() {
            MemorySegment madvise = CLibrary.find("madvise");
            MemorySegment getPageSize = CLibrary.find("getpagesize");
            return madvise == null || getPageSize == null
                    ? null
                    : new Native(madvise, CLibrary.status(getPageSize, 0, 0, 0, new int[1]));
        }

        boolean advise(MemorySegment pages, int code) {
            return CLibrary.status(madvise, pages.address(), pages.byteSize(), code, new int[1]) == 0;
        }
    }
}
