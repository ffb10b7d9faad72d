"""How each engine is run and what its output means."""

import json
import re
import shlex
from statistics import median

import process
from errors import Unavailable
from workloads import Batch, Start, Throughput


class Engine:
    """
    An engine measures a group of tests with one process: `measure` gives {label: figure}, and what the engine says of it
    beside the figure, and raises Unavailable where it cannot.
    """

    def __init__(self, name, version, settings):
        self.name = name
        self.version = version
        self.settings = settings

    def measure(self, file, group):
        if isinstance(group, Throughput):
            return self.throughput(file, group)
        if isinstance(group, Batch):
            return self.batch(file, group)
        if isinstance(group, Start):
            return self.start(file, group)
        raise TypeError(group)

    def throughput(self, file, group):
        raise NotImplementedError

    def batch(self, file, group):
        raise Unavailable("has no benchmark of several sequences at once")

    def start(self, file, group):
        raise Unavailable("its time to the first token is not measured here")

    def run(self, command):
        return process.run([str(part) for part in command], self.environment(), self.settings.run_with, self.settings.timeout)

    def environment(self):
        return {}

    def started(self, command, group):
        """Runs a program that prints its answer as it comes."""
        done = self.run(command)
        if done.first_output_seconds is None:
            raise Unavailable("it printed nothing: " + process.last_words(done.err))
        time, memory = group.tests()
        return {time.label: done.first_output_seconds, memory.label: done.peak_bytes / 1e6}, {}


class Sluice(Engine):
    """Our own command line, as it is or with further options."""

    def __init__(self, name, version, settings, root, options):
        super().__init__(name, version, settings)
        self.launcher = root / "scripts" / "sluice"
        self.options = options

    def throughput(self, file, group):
        return self.bench(file, group, ["-p", group.prompt, "-n", group.generated, "-d", group.depth])

    def batch(self, file, group):
        return self.bench(file, group, ["-p", 0, "-n", group.generated, "-d", group.prompt, "-b", group.sequences])

    def bench(self, file, group, arguments):
        done = self.run(
            [self.launcher, "bench", *self.common(file), *arguments, "-r", self.settings.repetitions, "--output", "json"]
        )
        return from_llama_bench(done.out, group)

    def start(self, file, group):
        return self.started(
            [self.launcher, "generate", *self.common(file), "--ctx", group.context, "--prompt", group.prompt]
            + ["--max-tokens", group.generated, "--ignore-eos", "--temperature", 0],
            group,
        )

    def common(self, file):
        chosen = [] if "--device" in self.options else ["--device", "cpu"]
        return ["--model", file, "--threads", self.settings.threads, "--quiet", *chosen, *self.options]


class LlamaCpp(Engine):
    """llama.cpp, or a fork of it, by its own benchmark programs."""

    def __init__(self, name, version, settings, folder, options=()):
        super().__init__(name, version, settings)
        self.folder = folder
        self.options = list(options)

    def environment(self):
        libraries = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
        return {name: str(self.folder) for name in libraries}

    def program(self, *names):
        for name in names:
            if (self.folder / name).is_file():
                return self.folder / name
        raise Unavailable("there is no %s in %s" % (names[0], self.folder))

    def common(self, file):
        return ["-m", file, "-t", self.settings.threads, "-ngl", 0, *self.options]

    def throughput(self, file, group):
        depth = ["-d", group.depth] if group.depth else []
        return self.bench(file, group, ["-p", group.prompt, "-n", group.generated, *depth])

    def bench(self, file, group, arguments):
        repetitions = ["-r", self.settings.repetitions, "-o", "json"]
        done = self.run([self.program("llama-bench"), *self.common(file), *arguments, *repetitions])
        return from_llama_bench(done.out, group)

    def batch(self, file, group):
        context = group.sequences * (group.prompt + group.generated)
        shape = ["-npp", group.prompt, "-ntg", group.generated, "-npl", group.sequences, "-c", context]
        done = self.run([self.program("llama-batched-bench"), *self.common(file), *shape])
        return {group.tests()[0].label: from_batched_bench(done.out, group)}, {}

    def start(self, file, group):
        return self.started(
            [self.program("llama-completion", "llama-cli"), *self.common(file), "-c", group.context, "-n", group.generated]
            + ["--temp", 0, "--ignore-eos", "-no-cnv", "--no-display-prompt", "-p", group.prompt],
            group,
        )


class IkLlama(LlamaCpp):
    """ik_llama.cpp: a fork whose llama-bench names depth differently."""

    def throughput(self, file, group):
        if not group.depth:
            return super().throughput(file, group)
        if group.prompt:
            raise Unavailable("its llama-bench has no test of a prompt behind a context")
        # Tokens generated behind a prompt that is not timed; none of the default tests beside it.
        behind = "%d,%d" % (group.depth, group.generated)
        done = self.run(
            [self.program("llama-bench"), *self.common(file), "-p", 0, "-n", 0, "-gp", behind]
            + ["-r", self.settings.repetitions, "-o", "json"]
        )
        return from_llama_bench(done.out, group, [(group.depth, group.generated)])

    def start(self, file, group):
        return self.started(
            [self.program("llama-cli", "llama-completion"), *self.common(file), "-c", group.context, "-n", group.generated]
            + ["--temp", 0, "--ignore-eos", "--no-display-prompt", "-p", group.prompt],
            group,
        )


class Kherud(Engine):
    """de.kherud:llama, llama.cpp through JNI, by a small program of ours (benches/…/peers/KherudBench.java)."""

    def __init__(self, name, version, settings, java, class_path):
        super().__init__(name, version, settings)
        self.command = [java, "--enable-native-access=ALL-UNNAMED", "-cp", class_path, "dev.sluice.benches.peers.KherudBench"]

    def common(self, file):
        return [*self.command, "-m", file, "-t", self.settings.threads]

    def throughput(self, file, group):
        shape = ["-p", group.prompt, "-n", group.generated, "-d", group.depth, "-r", self.settings.repetitions]
        return from_llama_bench(self.run([*self.common(file), *shape]).out, group)

    def start(self, file, group):
        return self.started(
            [*self.common(file), "-c", group.context, "-n", group.generated, "--answer", group.prompt], group
        )


class Jinfer(Engine):
    """jinfer's benchmark, by the command that the user names; it prints a table alone."""

    def __init__(self, name, version, settings, command):
        super().__init__(name, version, settings)
        self.command = shlex.split(command)

    def throughput(self, file, group):
        shape = ["-p", group.prompt, "-n", group.generated, "-d", group.depth, "-r", self.settings.repetitions]
        done = self.run(
            [*self.command, "-m", file, "-t", self.settings.threads, *shape, "--no-capabilities"]
        )
        return from_table(done.out, group), {}


def from_llama_bench(text, group, counts=None):
    """
    Of llama-bench's JSON: the median of each test's samples, and what else stands there. Rows are known by their counts of
    prompt and generated tokens.
    """
    try:
        rows = json.loads(text)
    except ValueError:
        raise Unavailable("its output is no JSON: " + process.last_words(text))
    figures, details = {}, {}
    for test, (prompt, generated) in zip(group.tests(), counts or parts(group)):
        found = [r for r in rows if r.get("n_prompt", 0) == prompt and r.get("n_gen", 0) == generated]
        if not found:
            raise Unavailable("its output has no %s" % test.label)
        samples = found[0].get("samples_ts") or [found[0]["avg_ts"]]
        figures[test.label] = median(samples)
        details[test.label] = {k: v for k, v in found[0].items() if not k.startswith(("model_", "samples_", "test_time"))}
    return figures, details


def parts(group):
    """The prompt and generated tokens of each test of a group, as llama-bench's rows have them."""
    if isinstance(group, Batch):
        return [(0, group.generated)]
    return [pair for pair in ((group.prompt, 0), (0, group.generated)) if any(pair)]


def from_batched_bench(text, group):
    """Of llama-batched-bench's table: generated tokens per second of all sequences together."""
    columns = None
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if "S_TG t/s" in cells:
            columns = cells
        elif columns and len(cells) == len(columns) and cells[columns.index("B")] == str(group.sequences):
            return float(cells[columns.index("S_TG t/s")])
    raise Unavailable("its output has no row of %d sequences: %s" % (group.sequences, process.last_words(text)))


def from_table(text, group):
    """Of a Markdown table with the columns "test" and "t/s"."""
    figures = {}
    for test in group.tests():
        plain = re.escape(test.label.split(" ")[0])
        found = re.search(r"\|\s*%s\b[^|]*\|\s*([0-9.]+)" % plain, text)
        if not found:
            raise Unavailable("its output has no %s: %s" % (test.label, process.last_words(text)))
        figures[test.label] = float(found.group(1))
    return figures
