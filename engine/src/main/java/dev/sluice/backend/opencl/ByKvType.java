package dev.sluice.backend.opencl;

import dev.sluice.backend.KvType;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A kernel in a variant for each number format of the KV cache, made when such a cache is first met. */
final class ByKvType implements AutoCloseable {
    private final OpenClDevice device;
    private final ProgramSpec spec;
    private final Map<KvType, BoundKernel> kernels = new EnumMap<>(KvType.class);

    ByKvType(OpenClDevice device, ProgramSpec spec) {
        this.device = device;
        this.spec = spec;
    }

    /** The variant for a cache; any will do without one. */
    BoundKernel of(@Nullable KvCache cache) {
        return of(cache == null ? KvType.F32 : cache.type());
    }

    BoundKernel of(KvType type) {
        BoundKernel known = kernels.get(type);
        if (known == null) {
            known = device.bind(spec(spec, type));
            kernels.put(type, known);
        }
        return known;
    }

    /** The variant of a program for a cache of a type. */
    static ProgramSpec spec(ProgramSpec program, KvType type) {
        return program.with(
                "KV_BITS",
                switch (type) {
                    case F32 -> 32;
                    case F16 -> 16;
                    case Q8_0 -> 8;
                });
    }

    @Override
    public void close() {
        kernels.values().forEach(BoundKernel::close);
        kernels.clear();
    }
}
