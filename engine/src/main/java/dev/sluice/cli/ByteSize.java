package dev.sluice.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Amounts of memory as people write and read them; units are powers of 1024. */
final class ByteSize {
    private static final Pattern TEXT =
            Pattern.compile("(\\d+(?:\\.\\d+)?)([kmgt]?)(?:i?b)?", Pattern.CASE_INSENSITIVE);
    private static final String UNITS = "kmgt";

    private ByteSize() {}

    /**
     * Reads {@code 512M}, {@code 6.5G}, {@code 1048576}.
     *
     * @throws UsageException if the text is no amount, or nothing
     */
    static long parse(String text) {
        Matcher matcher = TEXT.matcher(text.strip());
        if (matcher.matches()) {
            String unit = matcher.group(2).toLowerCase(Locale.ROOT);
            double bytes = Double.parseDouble(matcher.group(1)) * (1L << (10 * (UNITS.indexOf(unit) + 1)));
            if (unit.isEmpty()) {
                bytes = Double.parseDouble(matcher.group(1));
            }
            if (bytes >= 1 && bytes < Long.MAX_VALUE) {
                return (long) bytes;
            }
        }
        throw new UsageException(
                "--memory: '" + text + "' is no amount of memory; write 512M, 6G or opencl:0=6G,cpu=20G");
    }

    /** Writes an amount with one decimal: {@code 93.8 MiB}. */
    static String format(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        int power = (63 - Long.numberOfLeadingZeros(bytes)) / 10;
        return String.format(Locale.ROOT, "%.1f %siB", bytes / Math.pow(1024, power), "KMGTPE".charAt(power - 1));
    }
}
