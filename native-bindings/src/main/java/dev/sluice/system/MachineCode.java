package dev.sluice.system;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Locale;
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

        private static final StructLayout STATE = Linker.Option.captureStateLayout();
        private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

        private final MethodHandle mmap;
        private final MethodHandle mprotect;
        private final MethodHandle munmap;
        private final int anonymous;

        private Pages(Linker linker, MemorySegment mmap, MemorySegment mprotect, MemorySegment munmap, int anonymous) {
            Linker.Option errno = Linker.Option.captureCallState("errno");
            this.mmap = linker.downcallHandle(
                    mmap,
                    FunctionDescriptor.of(
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_LONG),
                    errno);
            this.mprotect = linker.downcallHandle(
                    mprotect,
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT),
                    errno);
            this.munmap = linker.downcallHandle(
                    munmap, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
            this.anonymous = anonymous;
        }

        static @Nullable Pages find() {
            String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
            // MAP_ANONYMOUS differs among systems; where it is not known, nothing is tried.
            int anonymous = system.contains("linux") ? 0x20 : system.contains("mac") ? 0x1000 : 0;
            Linker linker = Linker.nativeLinker();
            SymbolLookup library = linker.defaultLookup();
            MemorySegment mmap = library.find("mmap").orElse(null);
            MemorySegment mprotect = library.find("mprotect").orElse(null);
            MemorySegment munmap = library.find("munmap").orElse(null);
            return anonymous == 0 || mmap == null || mprotect == null || munmap == null
                    ? null
                    : new Pages(linker, mmap, mprotect, munmap, anonymous);
        }

        MemorySegment map(long bytes) throws Refused {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment state = arena.allocate(STATE);
                MemorySegment at = (MemorySegment)
                        mmap.invokeExact(state, MemorySegment.NULL, bytes, READ | WRITE, PRIVATE | anonymous, -1, 0L);
                if (at.address() == -1) {
                    throw new Refused("the system gave no memory for machine code (mmap, error " + error(state) + ")");
                }
                return at.reinterpret(bytes);
            } catch (RuntimeException | Error | Refused e) {
                throw e;
            } catch (Throwable e) {
                throw new AssertionError("mmap throws nothing", e);
            }
        }

        void makeExecutable(MemorySegment memory) throws Refused {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment state = arena.allocate(STATE);
                if ((int) mprotect.invokeExact(state, memory, memory.byteSize(), READ | EXECUTE) != 0) {
                    throw new Refused("the system refuses executable memory (mprotect, error " + error(state) + ")");
                }
            } catch (RuntimeException | Error | Refused e) {
                throw e;
            } catch (Throwable e) {
                throw new AssertionError("mprotect throws nothing", e);
            }
        }

        void unmap(MemorySegment memory) {
            try {
                int status = (int) munmap.invokeExact(memory, memory.byteSize());
                if (status != 0) {
                    throw new IllegalStateException("memory of machine code cannot be given back");
                }
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new AssertionError("munmap throws nothing", e);
            }
        }

        private static int error(MemorySegment state) {
            return (int) ERRNO.get(state, 0L);
        }
    }
}
