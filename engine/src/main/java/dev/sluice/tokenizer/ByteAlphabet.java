package dev.sluice.tokenizer;

import org.jspecify.annotations.Nullable;

/**
 * GPT-2's way to spell any byte as a printable character, so that a token is always a text: printable Latin-1 stands
 * for itself, the other 68 bytes are U+0100 and up, in order.
 */
final class ByteAlphabet {
    private static final int CHARS = 256 + 68;
    private static final char[] CHAR_OF = new char[256];
    private static final short[] BYTE_OF = new short[CHARS];

    static {
        java.util.Arrays.fill(BYTE_OF, (short) -1);
        int next = 256;
        for (int b = 0; b < 256; b++) {
            boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xFF && b != 0xAD);
            CHAR_OF[b] = (char) (printable ? b : next++);
            BYTE_OF[CHAR_OF[b]] = (short) b;
        }
    }

    private ByteAlphabet() {}

    /** The character for a byte. */
    static char spell(byte b) {
        return CHAR_OF[b & 0xFF];
    }

    /** The bytes that a token's text spells, or null if a character of it is none of the alphabet. */
    static byte @Nullable [] bytes(String spelled) {
        byte[] bytes = new byte[spelled.length()];
        for (int i = 0; i < bytes.length; i++) {
            char c = spelled.charAt(i);
            int b = c < CHARS ? BYTE_OF[c] : -1;
            if (b < 0) {
                return null;
            }
            bytes[i] = (byte) b;
        }
        return bytes;
    }
}
