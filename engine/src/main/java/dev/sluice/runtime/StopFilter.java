package dev.sluice.runtime;

import java.util.List;

/**
 * Lets text through up to the first stop string. Text that may be the beginning of one is held back until it is clear
 * whether it is.
 */
final class StopFilter {
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private boolean stopped;

    /** @param stops none of them empty */
    StopFilter(List<String> stops) {
        this.stops = List.copyOf(stops);
    }

    /** Takes a piece of text and returns what may be shown now. */
    String push(String piece) {
        if (stopped) {
            return "";
        }
        held.append(piece);
        int cut = -1;
        for (String stop : stops) {
            int at = held.indexOf(stop);
            if (at >= 0 && (cut < 0 || at < cut)) {
                cut = at;
            }
        }
        if (cut >= 0) {
            stopped = true;
            held.setLength(cut);
            return flush();
        }
        int safe = held.length() - longestPrefixAtEnd();
        String shown = held.substring(0, safe);
        held.delete(0, safe);
        return shown;
    }

    /** Whether a stop string was seen. */
    boolean stopped() {
        return stopped;
    }

    /** What is still held back, at the end of the text. */
    String flush() {
        String rest = held.toString();
        held.setLength(0);
        return rest;
    }

    private int longestPrefixAtEnd() {
        int longest = 0;
        for (String stop : stops) {
            for (int n = Math.min(stop.length() - 1, held.length()); n > longest; n--) {
                if (stop.startsWith(held.substring(held.length() - n))) {
                    longest = n;
                }
            }
        }
        return longest;
    }
}
