package dev.sluice.tokenizer;

/** What a token is, with the numbers of {@code tokenizer.ggml.token_type}. */
enum TokenType {
    UNDEFINED,
    NORMAL,
    UNKNOWN,
    CONTROL,
    USER_DEFINED,
    UNUSED,
    BYTE;

    private static final TokenType[] BY_NUMBER = values();

    static TokenType of(int number) {
        return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : UNDEFINED;
    }
}
