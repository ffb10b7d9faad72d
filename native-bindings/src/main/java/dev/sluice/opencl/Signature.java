package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The parameters of a kernel, so that a wrong argument is named before OpenCL takes 8 bytes for 8 others. */
final class Signature {
    private final String kernel;
    private final List<Parameter> parameters;

    /** What an argument can be. */
    enum Type {
        BUFFER("a buffer"),
        LOCAL("local memory"),
        I32("an int"),
        I64("a long"),
        F32("a float"),
        /** A struct, vector or unnamed scalar, of which OpenCL checks the size. */
        OTHER("a value"),
        UNKNOWN("an argument");

        private final String words;

        Type(String words) {
            this.words = words;
        }
    }

    private record Parameter(Type type, String declaration) {}

    private Signature(String kernel, List<Parameter> parameters) {
        this.kernel = kernel;
        this.parameters = parameters;
    }

    static Signature of(String name, MemorySegment kernel) {
        int count = new Info(
                        "clGetKernelInfo",
                        (parameter, size, value, returned) ->
                                CL.clGetKernelInfo(kernel, parameter, size, value, returned))
                .int32(CL.CL_KERNEL_NUM_ARGS());
        List<Parameter> parameters = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parameters.add(parameter(kernel, i));
        }
        return new Signature(name, List.copyOf(parameters));
    }

    private static Parameter parameter(MemorySegment kernel, int index) {
        Info query = new Info(
                "clGetKernelArgInfo",
                (parameter, size, value, returned) ->
                        CL.clGetKernelArgInfo(kernel, index, parameter, size, value, returned));
        try {
            String typeName = query.string(CL.CL_KERNEL_ARG_TYPE_NAME());
            String declaration = typeName + " " + query.string(CL.CL_KERNEL_ARG_NAME());
            int space = query.int32(CL.CL_KERNEL_ARG_ADDRESS_QUALIFIER());
            Type type;
            if (space == CL.CL_KERNEL_ARG_ADDRESS_GLOBAL() || space == CL.CL_KERNEL_ARG_ADDRESS_CONSTANT()) {
                type = Type.BUFFER;
            } else if (space == CL.CL_KERNEL_ARG_ADDRESS_LOCAL()) {
                type = Type.LOCAL;
            } else {
                type = scalar(typeName);
            }
            return new Parameter(type, declaration);
        } catch (ClException e) {
            // Programs loaded from a binary may have lost it; then OpenCL's own checks remain.
            if (e.code() == CL.CL_KERNEL_ARG_INFO_NOT_AVAILABLE()) {
                return new Parameter(Type.UNKNOWN, "unknown type");
            }
            throw e;
        }
    }

    private static Type scalar(String typeName) {
        return switch (typeName) {
            case "int", "uint", "unsigned int" -> Type.I32;
            case "long", "ulong", "unsigned long" -> Type.I64;
            case "float" -> Type.F32;
            default -> Type.OTHER;
        };
    }

    int count() {
        return parameters.size();
    }

    /** Throws if there is no such parameter or it takes something else. */
    void check(int index, Type given) {
        if (index < 0 || index >= parameters.size()) {
            throw new IndexOutOfBoundsException(
                    "Kernel " + kernel + " has " + parameters.size() + " arguments: there is none with index " + index);
        }
        Type wanted = parameters.get(index).type;
        boolean value = given != Type.BUFFER && given != Type.LOCAL;
        boolean fits = wanted == given || wanted == Type.UNKNOWN || (wanted == Type.OTHER && value);
        if (!fits) {
            throw new IllegalArgumentException(describe(index) + " takes " + wanted.words + ", not " + given.words);
        }
    }

    String describe(int index) {
        return "argument " + index + " (" + parameters.get(index).declaration + ") of kernel " + kernel;
    }

    @Override
    public String toString() {
        return parameters.stream().map(Parameter::declaration).collect(Collectors.joining(", ", kernel + "(", ")"));
    }
}
