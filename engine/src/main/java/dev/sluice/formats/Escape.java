package dev.sluice.formats;

/** Makes text from an untrusted file fit for one line of a message on a terminal. */
public final class Escape {
    private static final int LONGEST = 80;

    private Escape() {}

    /** The text in single quotes, control characters as {@code \}{@code uXXXX}, shortened to 80 characters. */
    public static String quote(String text) {
        StringBuilder out = new StringBuilder("'");
        for (int i = 0; i < Math.min(text.length(), LONGEST); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                out.append("\\u%04x".formatted((int) c));
            } else {
                out.append(c);
            }
        }
        return out.append(text.length() > LONGEST ? "…'" : "'").toString();
    }
}
