package dev.sluice.formats.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Guesses what a file is that is no GGUF file, so that the message can say what went wrong. */
final class ForeignFormat {
    private static final Map<String, String> PREFIXES = Map.of(
            "FUGG", "its bytes are swapped: convert it to little-endian",
            "lmgg", "it is an old GGML file: convert the model to GGUF",
            "tjgg", "it is an old GGJT file: convert the model to GGUF",
            "PK\u0003\u0004", "it is a zip archive or a PyTorch checkpoint: convert the model to GGUF",
            "version https://git-lfs", "it is a Git LFS pointer: fetch the file itself with git lfs pull",
            "<!DOCTYPE", "it is a web page: the download link was wrong",
            "<html", "it is a web page: the download link was wrong");

    private ForeignFormat() {}

    static String describe(MemorySegment file) {
        byte[] head = file.asSlice(0, Math.min(32, file.byteSize())).toArray(ValueLayout.JAVA_BYTE);
        String text = new String(head, StandardCharsets.ISO_8859_1);
        for (Map.Entry<String, String> known : PREFIXES.entrySet()) {
            if (text.startsWith(known.getKey())) {
                return known.getValue();
            }
        }
        if (text.length() > 8 && text.charAt(8) == '{') {
            return "it looks like safetensors: convert the model to GGUF";
        }
        return "it does not begin with the letters GGUF";
    }
}
