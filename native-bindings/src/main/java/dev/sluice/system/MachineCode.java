package dev.sluice.system;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * Machine code that was assembled at run time, in memory of its own. Its pages are written first and then made executable;
 * at no time are they both. The owner closes it, twice without harm, when no thread is within it any more.
 *
 * <p>All code is called in one way: a function takes the address of an argument block in native memory and the addresses
 * of up to three arrays on Java's heap, and returns nothing. It must follow the platform's calling convention (System V:
 * RDI, RSI, RDX, RCX), return soon, since the garbage collector waits for it, and touch only memory that its arguments
 * name: nothing checks it.
 */
public final class MachineCode implements AutoCloseable {
    private static final MethodHandle CALL = Linker.nativeLinker()
            .downcallHandle(
                    FunctionDescriptor.ofVoid(
                            ValueLayout.JAVA_LONG, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS),
                    // No transition to native state, and heap arrays may be passed: a call costs some 3 ns.
                    Linker.Option.critical(true));

    /** Why no machine code can be run; the message is for people. */
    public static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        public Refused(String message) {
            super(message);
        }
    }

    private final Pages pages;
    private final MemorySegment memory;
    private boolean closed;

    private MachineCode(Pages pages, MemorySegment memory) {
        this.pages = pages;
        this.memory = memory;
    }

    /**
     * Makes code executable.
     *
     * @throws Refused if the operating system has no such call known to us, or refuses executable pages
     */
    public static MachineCode load(byte[] code) throws Refused {
        Pages pages = Pages.FOUND;
        if (pages == null) {
            throw new Refused("executable memory is not known on " + System.getProperty("os.name"));
        }
        MemorySegment memory = pages.map(code.length);
        try {
            MemorySegment.copy(code, 0, memory, ValueLayout.JAVA_BYTE, 0, code.length);
            pages.makeExecutable(memory);
        } catch (Refused e) {
            pages.unmap(memory);
            throw e;
        }
        return new MachineCode(pages, memory);
    }

    /**
     * The function at an offset of the code.
     *
     * @throws IndexOutOfBoundsException if there is no such offset
     */
    public MemorySegment function(int offset) {
        if (closed) {
            throw new IllegalStateException("the machine code has been closed");
        }
        // Of no length and no scope: to be called, never read, and without a reference count that threads contend for.
        return MemorySegment.ofAddress(memory.asSlice(offset, 1).address());
    }

    /**
     * Calls a function.
     *
     * @param function as {@link #function} gave it, its code not closed
     * @param arguments address of its argument block
     * @param a a heap array, or {@link MemorySegment#NULL}; so are {@code b} and {@code c}
     */
    public static void call(MemorySegment function, long arguments, MemorySegment a, MemorySegment b, MemorySegment c) {
        try {
            CALL.invokeExact(function, arguments, a, b, c);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("machine code throws nothing", e);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            pages.unmap(memory);
        }
    }

    /** The C library's functions for pages. */
    private static final class Pages {
        static final @Nullable Pages FOUND = find();

        private static final int READ = 1;
        private static final int WRITE = 2;
        private static final int EXECUTE = 4;
        private static final int PRIVATE = 2;

        private final MemorySegment mmap;
        private final MemorySegment mprotect;
        private final MemorySegment munmap;

        private Pages(MemorySegment mmap, MemorySegment mprotect, MemorySegment munmap) {
            this.mmap = mmap;
            this.mprotect = mprotect;
            this.munmap = munmap;
        }

        static @Nullable Pages find() {
            MemorySegment mmap = CLibrary.find("mmap");
            MemorySegment mprotect = CLibrary.find("mprotect");
            MemorySegment munmap = CLibrary.find("munmap");
            return CLibrary.anonymous() == 0 || mmap == null || mprotect == null || munmap == null
                    ? null
                    : new Pages(mmap, mprotect, munmap);
        }

        MemorySegment map(long bytes) throws Refused {
            int[] error = new int[1];
            long at = CLibrary.address(mmap, 0, bytes, READ | WRITE, PRIVATE | CLibrary.anonymous(), -1, 0, error);
            if (at == -1) {
                throw new Refused("the system gave no memory for machine code (mmap, error " + error[0] + ")");
            }
            return MemorySegment.ofAddress(at).reinterpret(bytes);
        }

        void makeExecutable(MemorySegment memory) throws Refused {
            int[] error = new int[1];
            if (CLibrary.status(mprotect, memory.address(), memory.byteSize(), READ | EXECUTE, error) != 0) {
                throw new Refused("the system refuses executable memory (mprotect, error " + error[0] + ")");
            }
        }

        void unmap(MemorySegment memory) {
            if (CLibrary.status(munmap, memory.address(), memory.byteSize(), 0, new int[1]) != 0) {
                throw new IllegalStateException("memory of machine code cannot be given back");
            }
        }
    }
}
