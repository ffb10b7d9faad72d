package dev.sluice.plan;

import dev.sluice.error.SluiceException;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A user's wish: layers whose name contains a match of the expression are computed by this device. Later rules do not
 * undo earlier ones: all must hold.
 *
 * @param layers matched against {@code embedding}, {@code block 3}, {@code head}
 * @param device id of the device
 */
public record PlaceRule(Pattern layers, String device) {
    /**
     * Understands {@code block [0-9]$=opencl:0}.
     *
     * @throws SluiceException if it is no such rule
     */
    public static PlaceRule parse(String text) {
        int equals = text.lastIndexOf('=');
        if (equals <= 0 || equals == text.length() - 1) {
            throw new SluiceException(
                    "--place '" + text + "' is no rule; write 'regex=device', such as" + " 'block [0-9]$=opencl:0'");
        }
        try {
            return new PlaceRule(
                    Pattern.compile(text.substring(0, equals)),
                    text.substring(equals + 1).strip());
        } catch (PatternSyntaxException e) {
            throw new SluiceException("--place '" + text + "': " + e.getDescription() + " in the expression", e);
        }
    }

    boolean matches(String layer) {
        return layers.matcher(layer).find();
    }

    /** As it was written. */
    String text() {
        return "--place '" + layers.pattern() + "=" + device + "'";
    }
}
