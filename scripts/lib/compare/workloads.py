"""What is measured. A group is what one process of an engine measures; engines take turns group by group."""

from dataclasses import dataclass

SPEED = "tok/s"
SECONDS = "s"
MEGABYTES = "MB"


@dataclass(frozen=True)
class Test:
    """One figure. Named as llama-bench names its tests where it has such a test."""

    label: str
    unit: str = SPEED

    @property
    def more_is_better(self):
        return self.unit == SPEED


@dataclass(frozen=True)
class Throughput:
    """A prompt read, tokens generated, both behind a context of some depth; 0 leaves a part out."""

    prompt: int
    generated: int
    depth: int = 0

    def tests(self):
        behind = " @ d%d" % self.depth if self.depth else ""
        tests = []
        if self.prompt:
            tests.append(Test("pp%d%s" % (self.prompt, behind)))
        if self.generated:
            tests.append(Test("tg%d%s" % (self.generated, behind)))
        return tests


@dataclass(frozen=True)
class Batch:
    """Tokens generated for several sequences at once, each behind a short prompt; tok/s of all together."""

    sequences: int
    generated: int
    prompt: int = 16

    def tests(self):
        return [Test("tg%d x%d" % (self.generated, self.sequences))]


@dataclass(frozen=True)
class Start:
    """From the start of the process to the first token of its answer; and the peak memory of 32 tokens behind that."""

    name: str
    prompt: str
    context: int = 1024
    generated: int = 32

    def tests(self):
        return [Test("start, %s" % self.name, SECONDS), Test("peak memory, %s" % self.name, MEGABYTES)]
