package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.NDRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the launches of a layer come to for one token, with what changes from step to step named: the form in which
 * {@link LayersProgram} calls them.
 *
 * @param calls in order
 * @param roles of the buffers, by the numbers that the calls use
 */
record LayerCalls(List<Call> calls, List<Role> roles) {
    /** A kernel's work on its arguments. */
    record Call(ProgramSpec spec, NDRange range, List<Argument> arguments) {}

    /** An argument of a call. */
    sealed interface Argument {
        /** The same in all steps, as OpenCL C has it. */
        record Literal(String text) implements Argument {}

        /** A buffer, by its number among the roles. */
        record InRole(int role) implements Argument {}

        /** Local memory of so many bytes. */
        record Local(int bytes) implements Argument {}

        /** Numbers of the step. */
        enum OfStep implements Argument {
            POSITION,
            CAPACITY
        }
    }

    /** One of two steps through a layer that differ in all that changes: its launches, its position, its caches' stride. */
    record Trace(List<TracedLaunch> launches, int position, int capacity) {}

    /**
     * Reads two traces of a layer.
     *
     * @param known roles of the first trace's buffers; others are fixed
     * @param changing the buffers of the first trace that others may take the place of, and those of the second
     * @return empty if something changes that is neither such a buffer nor the position nor the capacity
     */
    static Optional<LayerCalls> of(Trace first, Trace second, Map<Buffer, Role> known, Map<Buffer, Buffer> changing) {
        if (first.launches().size() != second.launches().size()) {
            return Optional.empty();
        }
        Reader reader = new Reader(first, second, known, changing);
        for (int i = 0; i < first.launches().size(); i++) {
            if (!reader.call(first.launches().get(i), second.launches().get(i))) {
                return Optional.empty();
            }
        }
        return Optional.of(new LayerCalls(List.copyOf(reader.calls), List.copyOf(reader.roles)));
    }

    private static final class Reader {
        private final Trace first;
        private final Trace second;
        private final Map<Buffer, Role> known;
        private final Map<Buffer, Buffer> changing;
        private final List<Call> calls = new ArrayList<>();
        private final List<Role> roles = new ArrayList<>();

        Reader(Trace first, Trace second, Map<Buffer, Role> known, Map<Buffer, Buffer> changing) {
            this.first = first;
            this.second = second;
            this.known = known;
            this.changing = changing;
        }

        /** Appends a call; false if it differs between the traces in a way that is not understood. */
        boolean call(TracedLaunch one, TracedLaunch other) {
            if (!one.spec().equals(other.spec()) || !one.range().equals(other.range())) {
                return false;
            }
            List<Argument> arguments = new ArrayList<>();
            for (int i = 0; i < one.arguments().size(); i++) {
                Optional<Argument> argument =
                        argument(one.arguments().get(i), other.arguments().get(i));
                if (argument.isEmpty()) {
                    return false;
                }
                arguments.add(argument.get());
            }
            calls.add(new Call(one.spec(), one.range(), List.copyOf(arguments)));
            return true;
        }

        private Optional<Argument> argument(TracedLaunch.Argument one, TracedLaunch.Argument other) {
            if (one.kind() != other.kind()) {
                return Optional.empty();
            }
            boolean same = one.bits() == other.bits();
            return switch (one.kind()) {
                case BUFFER -> buffer(one.buffer(), other.buffer());
                case LOCAL -> Optional.of(new Argument.Local(Math.max(one.bits(), other.bits())));
                case F32 ->
                    same ? literal(Float.toHexString(Float.intBitsToFloat(one.bits())) + "f") : Optional.empty();
                case I32 -> {
                    if (same) {
                        yield literal(String.valueOf(one.bits()));
                    }
                    if (one.bits() == first.position() && other.bits() == second.position()) {
                        yield Optional.of(Argument.OfStep.POSITION);
                    }
                    yield one.bits() == first.capacity() && other.bits() == second.capacity()
                            ? Optional.of(Argument.OfStep.CAPACITY)
                            : Optional.empty();
                }
            };
        }

        private static Optional<Argument> literal(String text) {
            return Optional.of(new Argument.Literal(text));
        }

        private Optional<Argument> buffer(@Nullable Buffer one, @Nullable Buffer other) {
            if (one == null) {
                return other == null ? literal("0") : Optional.empty();
            }
            if (one != other && changing.get(one) != other) {
                return Optional.empty();
            }
            Role role = known.getOrDefault(one, new Role.Fixed(one));
            int number = roles.indexOf(role);
            if (number < 0) {
                number = roles.size();
                roles.add(role);
            }
            return Optional.of(new Argument.InRole(number));
        }
    }
}
