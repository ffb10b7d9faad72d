package dev.sluice.cli;

import dev.sluice.error.SluiceException;
import dev.sluice.tokenizer.Tokenizer;
import java.util.List;

/**
 * How the turns of a conversation are marked for a model, known by the tokens of its vocabulary.
 *
 * @param user stands before what the user says
 * @param turnEnd ends a turn
 * @param between stands between two turns
 * @param assistant stands before the model's reply
 * @param system stands before the instructions; empty where they are put before the user's first words
 */
record TurnFormat(String user, String turnEnd, String between, String assistant, String system) {
    private static final TurnFormat CHATML =
            new TurnFormat("<|im_start|>user\n", "<|im_end|>", "\n", "<|im_start|>assistant\n", "<|im_start|>system\n");
    private static final TurnFormat GEMMA =
            new TurnFormat("<start_of_turn>user\n", "<end_of_turn>", "\n", "<start_of_turn>model\n", "");
    private static final TurnFormat LLAMA3 = new TurnFormat(
            "<|start_header_id|>user<|end_header_id|>\n\n",
            "<|eot_id|>",
            "",
            "<|start_header_id|>assistant<|end_header_id|>\n\n",
            "<|start_header_id|>system<|end_header_id|>\n\n");

    /** @throws SluiceException if the vocabulary has no turn tokens that are known */
    static TurnFormat of(Tokenizer tokenizer) {
        for (TurnFormat format : List.of(CHATML, GEMMA, LLAMA3)) {
            String opening = format.user().substring(0, format.user().indexOf('>') + 1);
            if (tokenizer.idOf(opening).isPresent()
                    && tokenizer.idOf(format.turnEnd()).isPresent()) {
                return format;
            }
        }
        throw new SluiceException(
                "the model's vocabulary has no tokens that mark turns of a conversation (<|im_start|>,"
                        + " <start_of_turn>, <|start_header_id|>): it is no chat model; 'sluice generate' completes text with it");
    }
}
