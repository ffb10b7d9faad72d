package dev.sluice.backend.cpu.asm;

/**
 * What the int8 kernels need of an instruction set. Lanes are rows of a tile; registers 0 to 7 are helpers, of which the
 * methods may change {@link #SPARE} and {@link #OTHER_SPARE}; accumulators begin at 8.
 */
interface ByteDots {
    int SPARE = 4;
    int OTHER_SPARE = 5;
    /** Two registers that belong to the instruction set from {@link #begin} on. */
    int OWN = 6;

    int OTHER_OWN = 7;

    /** Register of the kernels' argument block. */
    Gpr ARGUMENTS = Gpr.RDI;

    /** A register of all lanes. */
    Vec vector(int number);

    /** 16, or 8 where a tile is two vectors. */
    default int lanes() {
        return vector(0).bits() / 32;
    }

    /** Vectors of accumulators, of floats and of integers each. */
    int accumulators();

    /** Whether 8-bit quants are multiplied as they are, signed, and not as unsigned ones with a zero point of 128. */
    boolean signedBytes();

    /** Loads what the kernel keeps in registers. */
    void begin(Assembler a, TileFormat format);

    /** Before the products of two words of 8-bit quants. */
    void beginBytes(Assembler a, Vec q0, Vec q1);

    /** {@code dst = src & constant}; the constant is the low nibbles. */
    void lowNibbles(Assembler a, Vec dst, Vec src);

    /** {@code q |= bits & upper bits of the format}. */
    void addUpperBits(Assembler a, TileFormat format, Vec q, Vec bits);

    /** {@code dst = 0} or, with a shift, the number at an address in all lanes, shifted to the left. */
    void start(Assembler a, Vec dst, Mem element, int shift);

    /** {@code acc += q0 · x + q1 · x'}: dot products of each lane's four bytes with the four at x, and the four after. */
    void dots(Assembler a, TileFormat format, Vec acc, Vec q0, Vec q1, Mem x);

    /** {@code acc += v · element}, in floats. */
    void addProduct(Assembler a, Vec acc, Vec v, Mem element);

    /** {@code acc −= v · element}, in floats. */
    void subtractProduct(Assembler a, Vec acc, Vec v, Mem element);

    /** Prepares the mask for the rows of a tile. {@code mask} points to it. */
    void beginRows(Assembler a, Gpr mask, int part);

    /** Loads a tile's numbers, zero for rows that do not exist. */
    void loadRows(Assembler a, Vec dst, Mem src);

    /** Stores a tile's numbers for the rows that exist. */
    void storeRows(Assembler a, Mem dst, Vec src);
}
