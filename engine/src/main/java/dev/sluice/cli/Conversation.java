package dev.sluice.cli;

import dev.sluice.Session;
import dev.sluice.runtime.GenerateOptions;
import dev.sluice.runtime.Generation;
import java.util.function.Consumer;

/** A conversation in turns: what is said goes into the session once. */
final class Conversation {
    private final Session session;
    private final TurnEncoder turns;
    private boolean replyIsOpen;

    Conversation(Session session, TurnEncoder turns) {
        this.session = session;
        this.turns = turns;
    }

    /** Says something and has the reply streamed to a listener. */
    Generation say(String text, GenerateOptions options, Consumer<String> listener) {
        int[] turn = session.position() == 0 ? turns.opening(text) : turns.following(text, replyIsOpen);
        Generation reply = session.generate(turn, options, listener);
        replyIsOpen = reply.finishReason() != Generation.FinishReason.END;
        return reply;
    }

    /** Forgets what was said. */
    void reset() {
        session.reset();
        replyIsOpen = false;
    }

    /** Ends a running reply; from any thread. */
    void interrupt() {
        session.cancel();
    }
}
