package dev.sluice.trace;

/**
 * A line of the timeline. Spans of one track follow or enclose each other; what may overlap goes to several.
 *
 * @param owner a device's id, or {@code host}
 * @param lane what of it: {@link #COMPUTE} and so on, or a thread's name
 */
public record Track(String owner, String lane) {
    /** What a device computes. */
    public static final String COMPUTE = "compute";
    /** What goes to a device or comes from it. */
    public static final String COPIES = "copies";
    /** The host, while it does nothing but wait for a device. */
    public static final String WAITS = "waits";
    /** Weights that are brought to a device before the first step. */
    public static final String LOADING = "loading";

    /** A lane of a device. */
    public static Track of(String device, String lane) {
        return new Track(device, lane);
    }

    /** What the calling thread does. */
    public static Track ofThisThread() {
        return new Track("host", Thread.currentThread().getName());
    }
}
