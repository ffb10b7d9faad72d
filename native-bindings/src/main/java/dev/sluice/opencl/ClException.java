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
    private final boolean hang;

    ClException(String call, int code) {
        this(call, code, "");
    }

    ClException(String call, int code, String detail) {
        super(call + " failed: " + ErrorNames.of(code) + " (" + code + ")" + (detail.isEmpty() ? "" : ": " + detail));
        this.call = call;
        this.code = code;
        this.detail = detail;
        hang = false;
    }

    private ClException(String call, long nanos) {
        super("no answer for " + Math.round(nanos / 1e8) / 10.0 + " seconds in " + call);
        this.call = call;
        code = 0;
        detail = "";
        hang = true;
    }

    /** A call that did not return in time. */
    static ClException hang(String call, long nanos) {
        return new ClException(call, nanos);
    }

    /** Whether the driver did not answer in time ({@link Context#limitWaits}). */
    public boolean isHang() {
        return hang;
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
