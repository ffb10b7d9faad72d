package dev.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

class WarmUpTest {
    private static final long MILLISECOND = 1_000_000;

    /** A machine whose clock moves with the repetitions alone. */
    private static final class Machine {
        private final LongUnaryOperator nanosOf;
        private final LongUnaryOperator jitOf;
        private int runs;
        private long now;
        private long jit;

        /** Given the time of each repetition, and how much of it was compilation. */
        Machine(LongUnaryOperator nanosOf, LongUnaryOperator jitOf) {
            this.nanosOf = nanosOf;
            this.jitOf = jitOf;
        }

        private long once() {
            long nanos = nanosOf.applyAsLong(runs);
            now += nanos;
            jit += jitOf.applyAsLong(runs);
            runs++;
            return nanos;
        }

        WarmUp warmUp() {
            return WarmUp.run(this::once, () -> now, () -> jit);
        }
    }

    @Test
    void codeThatNeedsNoCompilationIsWarmAfterASecond() {
        WarmUp warmUp = new Machine(run -> 100 * MILLISECOND, run -> 0).warmUp();
        assertEquals(new WarmUp(10, 1000 * MILLISECOND, 0), warmUp);
    }

    @Test
    void slowRepetitionsAreTwoAtLeast() {
        assertEquals(
                2, new Machine(run -> 5000 * MILLISECOND, run -> 0).warmUp().repetitions());
    }

    @Test
    void itGoesOnWhileTheJvmCompiles() {
        Machine machine = new Machine(run -> 100 * MILLISECOND, run -> run < 35 ? 90 * MILLISECOND : 0);
        WarmUp warmUp = machine.warmUp();
        assertEquals(50, warmUp.repetitions(), "the first whole second after the last compilation");
        assertEquals(35 * 90 * MILLISECOND, warmUp.jitNanos());
    }

    @Test
    void anUnquietMachineEndsItAfterThreeSilentSeconds() {
        Machine machine = new Machine(run -> (run % 2 == 0 ? 80 : 120) * MILLISECOND, run -> 0);
        long nanos = machine.warmUp().nanos();
        assertTrue(nanos >= 3000 * MILLISECOND && nanos <= 3400 * MILLISECOND, nanos + " ns");
    }

    @Test
    void itEndsThoughTheJvmCompilesForever() {
        WarmUp warmUp = new Machine(run -> 100 * MILLISECOND, run -> 90 * MILLISECOND).warmUp();
        assertTrue(warmUp.nanos() > 14_000 * MILLISECOND && warmUp.nanos() < 16_000 * MILLISECOND);
    }
}
