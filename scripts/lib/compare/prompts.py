"""The prompts of the start-up tests."""

import subprocess

import process
from errors import CompareError

SHORT = "The capital of France is"

TEXT = (
    "A river carries water from the hills to the sea. Along its way it turns mills, feeds fields and gives towns a road that"
    " needs no paving. People have built dams across it since the first of them grew grain, and sluices in the dams to let"
    " through what they did not need. "
)


class LongPrompt:
    """A text of 500 tokens, by the file's own vocabulary."""

    TOKENS = 500
    known = {}

    @classmethod
    def of(cls, root, file):
        if file not in cls.known:
            words = (TEXT * 40).split(" ")
            candidates = [" ".join(words[:n]) for n in range(200, 560, 2)]
            command = [str(root / "scripts" / "sluice"), "tokenize", "--model", str(file), "--nul"]
            done = subprocess.run(command, input="\0".join(candidates), capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise CompareError("%s: %s" % (process.show(command), process.last_words(done.stderr)))
            cls.known[file] = longest_within(candidates, done.stdout.splitlines(), cls.TOKENS)
        return cls.known[file]


def longest_within(texts, encoded, limit):
    """The last of the texts, each longer than the one before, whose ids (separated by spaces) are not too many."""
    fitting = [text for text, ids in zip(texts, encoded) if len(ids.split()) <= limit]
    return fitting[-1] if fitting else texts[0]
