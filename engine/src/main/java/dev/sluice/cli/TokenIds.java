package dev.sluice.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Token ids as options take them: numbers separated by commas or blanks; at least one, none negative. */
final class TokenIds {
    private final int[] ids;

    private TokenIds(int[] ids) {
        this.ids = ids;
    }

    int[] toArray() {
        return ids.clone();
    }

    /** Reads them. */
    static final class Converter implements ITypeConverter<TokenIds> {
        @Override
        public TokenIds convert(String text) {
            String[] parts = text.strip().split("\\s*,\\s*|\\s+", -1);
            int[] ids = new int[parts.length];
            for (int i = 0; i < parts.length; i++) {
                try {
                    ids[i] = Integer.parseInt(parts[i]);
                } catch (NumberFormatException e) {
                    throw new TypeConversionException("'" + parts[i] + "' is no token id; write 1,2,3");
                }
                if (ids[i] < 0) {
                    throw new TypeConversionException("the token id " + parts[i] + " is negative");
                }
            }
            return new TokenIds(ids);
        }
    }
}
