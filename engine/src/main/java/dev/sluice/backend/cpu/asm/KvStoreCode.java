package dev.sluice.backend.cpu.asm;

/**
 * Machine code that stores the keys and values of some heads at one position of a KV cache, as floats or halves. Keys go to
 * every 16th place, values to adjoining ones. The floats of all heads follow one another in the first and second heap array.
 */
public final class KvStoreCode {
    /** Function number of floats. */
    public static final int F32 = 0;
    /** Function number of halves, the nearest. */
    public static final int F16 = 1;

    /** Byte offset of the first head's keys. */
    public static final int K = 0;
    /** Byte offset of the first head's values. */
    public static final int V = 8;
    /** Where the first head's first key goes. */
    public static final int KEYS = 16;
    /** Where the first head's first value goes. */
    public static final int VALUES = 24;
    /** Numbers of a head. */
    public static final int COUNT = 32;
    /** How many heads there are, at least one. */
    public static final int HEADS = 40;
    /** Bytes from behind a head's last key to the next head's first. */
    public static final int KEY_STEP = 48;
    /** Bytes from behind a head's last value to the next head's first. */
    public static final int VALUE_STEP = 56;

    private static final int LANES = 64;
    /** Bytes of the block, which is aligned to 64. */
    public static final int ARGUMENTS = 128;

    private static final int TILE = 16;

    private static final Gpr ARGS = Gpr.RDI;
    private static final Gpr K_AT = Gpr.RSI;
    private static final Gpr V_AT = Gpr.RDX;
    private static final Gpr KEY_AT = Gpr.RCX;
    private static final Gpr VALUE_AT = Gpr.R8;
    private static final Gpr HEADS_LEFT = Gpr.R9;
    private static final Gpr LEFT = Gpr.RAX;
    private static final Gpr TEMP = Gpr.R10;

    private final Assembler a = new Assembler();
    private final Wide w;

    private KvStoreCode(boolean avx512) {
        w = new Wide(a, avx512);
    }

    /** Assembles both functions. */
    public static Program assemble(boolean avx512) {
        KvStoreCode code = new KvStoreCode(avx512);
        code.function(4);
        code.a.align(32);
        int halves = code.a.position();
        code.function(2);
        return new Program(code.a.toBytes(), 0, halves);
    }

    private void function(int bytes) {
        Label head = new Label();
        Label units = new Label();
        Label ones = new Label();
        Label end = new Label();
        a.add(K_AT, Mem.at(ARGS, K));
        a.add(V_AT, Mem.at(ARGS, V));
        a.mov(KEY_AT, Mem.at(ARGS, KEYS));
        a.mov(VALUE_AT, Mem.at(ARGS, VALUES));
        a.mov(HEADS_LEFT, Mem.at(ARGS, HEADS));
        a.bind(head);
        a.mov(LEFT, Mem.at(ARGS, COUNT));
        a.bind(units);
        a.cmp(LEFT, 16);
        a.jump(Condition.LESS, ones);
        unit(bytes);
        advance(16, bytes);
        a.sub(LEFT, 16);
        a.jmp(units);
        a.bind(ones);
        a.cmp(LEFT, 0);
        a.jump(Condition.EQUAL, end);
        one(K_AT, KEY_AT, bytes);
        one(V_AT, VALUE_AT, bytes);
        advance(1, bytes);
        a.sub(LEFT, 1);
        a.jmp(ones);
        a.bind(end);
        a.add(KEY_AT, Mem.at(ARGS, KEY_STEP));
        a.add(VALUE_AT, Mem.at(ARGS, VALUE_STEP));
        a.sub(HEADS_LEFT, 1);
        a.jump(Condition.NOT_EQUAL, head);
        a.vzeroupper();
        a.ret();
    }

    private void advance(int count, int bytes) {
        a.add(K_AT, 4 * count);
        a.add(V_AT, 4 * count);
        a.add(KEY_AT, TILE * bytes * count);
        a.add(VALUE_AT, bytes * count);
    }

    /** Keys are scattered by way of memory: a store takes its number from a register of its own. */
    private void unit(int bytes) {
        w.load(1, Mem.at(V_AT));
        if (bytes == 4) {
            w.store(Mem.at(VALUE_AT), 1);
        } else {
            w.load(0, Mem.at(K_AT));
            w.halves(2, 0);
            w.store(Mem.at(ARGS, LANES), 2);
            w.storeHalves(Mem.at(VALUE_AT), 1);
        }
        for (int i = 0; i < 16; i++) {
            a.mov32(TEMP, bytes == 4 ? Mem.at(K_AT, 4 * i) : Mem.at(ARGS, LANES + 4 * i));
            store(Mem.at(KEY_AT, TILE * bytes * i), bytes);
        }
    }

    private void one(Gpr from, Gpr to, int bytes) {
        if (bytes == 4) {
            a.mov32(TEMP, Mem.at(from));
        } else {
            a.op(VectorOp.VMOVD, Vec.xmm(0), Mem.at(from));
            a.extract(VectorOp.VCVTPS2PH, Vec.xmm(0), Vec.xmm(0), 0);
            a.store(VectorOp.VMOVD_STORE, Mem.at(ARGS, LANES), Vec.xmm(0));
            a.mov32(TEMP, Mem.at(ARGS, LANES));
        }
        store(Mem.at(to), bytes);
    }

    private void store(Mem to, int bytes) {
        if (bytes == 4) {
            a.store32(to, TEMP);
        } else {
            a.store16(to, TEMP);
        }
    }
}
