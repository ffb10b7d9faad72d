package dev.sluice.opencl;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The number in {@code OpenCL 3.0 …} or {@code OpenCL C 1.2 …}. */
record ClVersion(int major, int minor) {
    private static final Pattern FORM = Pattern.compile("OpenCL (?:C )?(\\d+)\\.(\\d+).*", Pattern.DOTALL);

    /** A text of another form counts as 1.0, so that nothing newer is used. */
    static ClVersion parse(String text) {
        Matcher matcher = FORM.matcher(text);
        return matcher.matches()
                ? new ClVersion(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)))
                : new ClVersion(1, 0);
    }

    boolean atLeast(int wantedMajor, int wantedMinor) {
        return major > wantedMajor || (major == wantedMajor && minor >= wantedMinor);
    }
}
