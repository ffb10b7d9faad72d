package dev.sluice.opencl;

/**
 * An OpenCL call that failed: names the call, the error and, for a build, carries the compiler's log. The message reads
 * like {@code clBuildProgram failed: CL_BUILD_PROGRAM_FAILURE (-11): <log>}.
 */
public final class ClException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String call;
    private final int code;
    private final String detail;

    ClException(String call, int code) {
        this(call, code, "");
    }

    ClException(String call, int code, String detail) {
        super(call + " failed: " + ErrorNames.of(code) + " (" + code + ")" + (detail.isEmpty() ? "" : ": " + detail));
        this.call = call;
        this.code = code;
        this.detail = detail;
    }

    /** The OpenCL function that failed, for example {@code clCreateBuffer}. */
    public String call() {
        return call;
    }

    /** The status code, for example -61. */
    public int code() {
        return code;
    }

    /** The name of the status code, for example {@code CL_INVALID_BUFFER_SIZE}. */
    public String errorName() {
        return ErrorNames.of(code);
    }

    /** What else is known: the compiler's log of a failed build, or an empty string. */
    public String detail() {
        return detail;
    }
}
