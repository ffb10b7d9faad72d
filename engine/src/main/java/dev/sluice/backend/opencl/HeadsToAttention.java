package dev.sluice.backend.opencl;

import dev.sluice.backend.KvType;

/**
 * All between the projections and the result of attention, where a device divides the KV length of single tokens: they
 * take {@link TokenAttention}; parts with several tokens take {@link Rope} and then {@link Attention}.
 */
final class HeadsToAttention implements Stage {
    private final TokenAttention one;
    private final Rope rope;
    private final Attention many;

    HeadsToAttention(TokenAttention one, Rope rope, Attention many) {
        this.one = one;
        this.rope = rope;
        this.many = many;
    }

    @Override
    public void submit(Run run) {
        for (int part = 0; part < run.step.parts(); part++) {
            if (run.step.tokens(part) == 1) {
                one.submit(run, part);
            } else {
                rope.submit(run, part);
                many.submit(run, part);
            }
        }
    }

    @Override
    public long shape(int position) {
        return one.shape(position);
    }

    @Override
    public void prepare(KvType type) {
        one.prepare(type);
        rope.prepare(type);
        many.prepare(type);
    }

    @Override
    public void close() {
        one.close();
        rope.close();
        many.close();
    }
}
