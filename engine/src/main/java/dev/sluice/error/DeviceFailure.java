package dev.sluice.error;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A device that failed at work: by an error code of its driver, by not answering in time, or by computing wrongly. Who has other
 * devices goes on with them; the message is for the user whose only device it was.
 */
public final class DeviceFailure extends SluiceException {
    private static final long serialVersionUID = 1L;

    /** At what a device failed. */
    public enum Phase {
        OPEN,
        COMPILE,
        ALLOCATE,
        COPY,
        COMPUTE,
        /** It computed something else than the definition. */
        SELF_TEST,
        /** It did not answer in time. */
        HANG,
        /** It is gone: nothing that is asked of it succeeds. */
        LOST;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    private final String device;
    private final Phase phase;

    /**
     * A failure.
     *
     * @param device the id by which users name it
     * @param message the whole sentence for the user, which names the device too
     */
    public DeviceFailure(String device, Phase phase, String message, @Nullable Throwable cause) {
        super(message);
        this.device = device;
        this.phase = phase;
        if (cause != null) {
            initCause(cause);
        }
    }

    /** The id of the device that failed. */
    public String device() {
        return device;
    }

    public Phase phase() {
        return phase;
    }
}
