package dev.sluice.error;

import java.util.Objects;

/**
 * A failure that has its cause outside the program: a damaged file, a missing device, too little memory, a wrong
 * option. The message is one sentence or two for the user: what was wrong, where, and what would mend it. The command
 * line prints it without a stack trace.
 */
public class SluiceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SluiceException(String message) {
        super(message);
    }

    public SluiceException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The sentence for the user; never null. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }
}
