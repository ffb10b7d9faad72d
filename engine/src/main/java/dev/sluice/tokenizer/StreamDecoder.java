package dev.sluice.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;

/**
 * Decodes tokens that arrive one by one. Bytes that begin a UTF-8 character are held back until it is complete; bytes
 * that cannot become one turn into U+FFFD. The pieces joined are the text of all bytes joined. Not thread-safe: one for
 * each stream of tokens.
 */
public final class StreamDecoder {
    private static final byte[] NOTHING = {};

    private final IntFunction<byte[]> bytesOf;
    private final CharsetDecoder utf8 = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private byte[] held = NOTHING;

    StreamDecoder(IntFunction<byte[]> bytesOf) {
        this.bytesOf = bytesOf;
    }

    /**
     * Takes the next token.
     *
     * @return the text that became complete with it, often empty
     * @throws IndexOutOfBoundsException if there is no such id
     */
    public String push(int id) {
        return decode(bytesOf.apply(id), false);
    }

    /**
     * Ends the stream; the decoder can then be used for another one.
     *
     * @return U+FFFD if the last character stayed incomplete, else nothing
     */
    public String finish() {
        String rest = decode(NOTHING, true);
        utf8.reset();
        return rest;
    }

    private String decode(byte[] piece, boolean last) {
        ByteBuffer in = ByteBuffer.allocate(held.length + piece.length);
        in.put(held).put(piece).flip();
        // A byte never gives more than one char.
        CharBuffer out = CharBuffer.allocate(in.remaining() + 1);
        utf8.reset();
        utf8.decode(in, out, last);
        held = new byte[in.remaining()];
        in.get(held);
        return out.flip().toString();
    }
}
